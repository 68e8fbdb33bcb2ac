"""The words for everything a directory can do wrong, in both languages."""

from types import MappingProxyType

REASONS = MappingProxyType(
    {
        "unreachable": (
            "无法连接目录服务器。",
            "Cannot reach the directory server.",
        ),
        "timed-out": (
            "目录服务器没有在时限内答完。",
            "The directory server did not finish in time.",
        ),
        "cut-off": (
            "目录服务器在答完之前断开了连接。",
            "The directory server closed the connection before it had finished.",
        ),
        "untrusted-certificate": (
            "目录服务器的证书不可信（签发机构、主机名或有效期不符）。",
            "The directory server's certificate is not trusted (issuer, host name or dates).",
        ),
        "no-tls": (
            "目录服务器不支持加密，密码没有发出。可改用 ldaps://，或明确允许不加密。",
            "No encryption offered; no password was sent. Use ldaps://, or allow plain text.",
        ),
        "bad-url": (
            "目录服务器地址无法识别，应为 ldap://主机 或 ldaps://主机。",
            "The directory URL is not understood; expected ldap://host or ldaps://host.",
        ),
        "bad-filter": (
            "目录查询条件无法识别。",
            "The directory filter is not understood.",
        ),
        "no-search-account": (
            "没有给出目录查询账号或密码。",
            "The directory search account or its password is missing.",
        ),
        "refused-credentials": (
            "目录服务器不接受查询账号的密码。",
            "The directory server refused the search account's password.",
        ),
        "wrong-base": ("目录中没有这个根。", "The base DN does not exist in the directory."),
        "size-limit": (
            "目录服务器按条数上限截断了结果。",
            "The directory server cut the result at its size limit.",
        ),
        "time-limit": (
            "目录服务器按时间上限截断了结果。",
            "The directory server cut the result at its time limit.",
        ),
        "admin-limit": (
            "目录服务器的管理限额（例如每页条数）截断了结果。",
            "An administrative limit of the directory server (such as page size) cut the result.",
        ),
        "referral": (
            "目录的一部分在另一台服务器上，没有读到。",
            "A part of the directory lies on another server and was not read.",
        ),
        "busy": ("目录服务器正忙。", "The directory server is busy."),
        "unavailable": ("目录服务器暂停服务。", "The directory server is unavailable."),
        "refused": (
            "目录服务器拒绝了查询。",
            "The directory server refused the search.",
        ),
        "bad-answer": (
            "目录服务器的应答无法识别。",
            "The directory server's answer is not understood.",
        ),
        "changed-meanwhile": (
            "读取期间目录有变化，两遍清点不一致，请重试。",
            "The directory changed while it was read: two counts differ. Run again.",
        ),
        "empty": (
            "目录中没有读到任何人员。",
            "The directory returned no people.",
        ),
        "no-units": (
            "以前有单位，这次目录中一个单位也没有读到。",
            "There were units before; this time the directory returned none.",
        ),
        "no-identity": (
            "有条目缺少稳定标识（entryUUID 或 objectGUID），请检查查询账号的权限。",
            "An entry lacks its stable identity (entryUUID, objectGUID); check the rights.",
        ),
        "duplicate-identity": (
            "同一个稳定标识出现了两次。",
            "One stable identity appeared twice.",
        ),
        "cycle": (
            "单位的上级关系成环。",
            "The units' parents form a cycle.",
        ),
        "unknown-exclusion": (
            "要排除的标识在目录和计划中都没有：",
            "An id to leave out is neither in the directory nor in the plan: ",
        ),
        "plan-changed": (
            "目录或本系统在预演之后有变化，请重新预演。",
            "The directory or this system changed after the preview; preview again.",
        ),
        "more-than-30-people": (
            "将停用超过 30 人。",
            "More than 30 people would be disabled.",
        ),
        "more-than-5-percent": (
            "将停用超过 5% 的人员。",
            "More than 5 % of the people would be disabled.",
        ),
        "tenth-of-unit": (
            "单位将有超过十分之一的人员被停用：",
            "More than a tenth of a unit's people would be disabled: ",
        ),
        "whole-unit": (
            "整个单位的人员将被停用：",
            "All people of a unit would be disabled: ",
        ),
        "last-administrator": (
            "将停用最后一名管理员：",
            "The last administrator of a kind would be disabled: ",
        ),
        "administrator-role": (
            "目录组将授予管理性角色：",
            "A group of the directory would give an administrator's role: ",
        ),
        "last-holder": (
            "管理性角色将没有人持有：",
            "Nobody would hold an administrator's role any more: ",
        ),
        "more-than-30-lose-roles": (
            "将收回超过 30 人的角色，近 24 小时内已收回的一并计入。",
            "More than 30 people would lose roles, or have lost them in the last 24 hours.",
        ),
        "duplicate-code": ("两个单位用了同一个代码", "two units have one code"),
        "code-in-use": ("代码已被另一个单位使用", "the code belongs to another unit"),
        "duplicate-name": (
            "另一个在用单位已有或将有同一名称",
            "another open unit has or would get the same name",
        ),
        "parent-in-conflict": ("上级单位有冲突", "the unit above is in conflict"),
        "has-people": (
            "目录中已没有这个单位，但仍有人员",
            "the unit is gone from the directory but still has people",
        ),
        "has-units": (
            "目录中已没有这个单位，但仍有下级单位",
            "the unit is gone from the directory but still has units below",
        ),
        "in-list": (
            "目录中已没有这个单位，但它在单位名录中",
            "the unit is gone from the directory but stands in the unit list",
        ),
        "no-login": ("没有登录名", "no login name"),
        "no-name": ("没有姓名或名称", "no name"),
        "no-unit": ("不在任何单位之下", "not under any unit"),
        "unit-in-conflict": ("所在单位有冲突", "the person's unit is in conflict"),
        "duplicate-login": ("两人用了同一个登录名", "two people have one login name"),
        "login-of-local-account": (
            "登录名属于本系统自建的账号",
            "the login name belongs to a local account",
        ),
        "login-in-use": (
            "登录名属于另一个仍在目录中的人",
            "the login name belongs to somebody else who is still in the directory",
        ),
        "duplicate-mail": (
            "两人用了同一个邮箱，邮箱没有写入",
            "two people have one mail address; it was not taken",
        ),
        "identity-of-other-source": (
            "属于另一个目录来源，可在单位或人员的页面上改由本来源管理",
            "belongs to another directory source; give it to this one on its page",
        ),
        "code-of-other-source": (
            "代码已被另一个目录来源的单位使用，可在该单位的页面上改由本来源管理",
            "the code belongs to a unit of another source; give the unit to this one on its page",
        ),
        "login-of-other-source": (
            "登录名属于另一个目录来源的人员，可在该人员的页面上改由本来源管理",
            "the login name belongs to somebody of another source; see that person's page",
        ),
        "top-unit-in-conflict": (
            "最上级单位有冲突。请在单位的页面上把它改由本来源管理，或在目录中改正，然后重新同步。",
            "The top unit is in conflict: give it to this source on its page, or mend it there.",
        ),
        "closed-here": (
            "已由管理员撤销，目录中仍有",
            "an administrator closed it; the directory still has it",
        ),
        "excluded": ("已排除，本次不处理", "excluded from this run"),
        "main-title-kept": (
            "目录中有几个职务而没有次序，主要职务沿用原来的",
            "several titles without an order in the directory; the main one stays",
        ),
        "main-title-ranked": (
            "目录中有几个职务而没有次序，主要职务按单位内的排名取",
            "several titles without an order in the directory; the one ranked highest is main",
        ),
        "group-missing": (
            "目录中没有这个组，已授予的角色保留",
            "the group is not in the directory; the roles it gave stay",
        ),
        "administrator-does-no-business": (
            "是管理员，不授予业务角色",
            "is an administrator; no business role is given",
        ),
        "undo-changed-since": ("同步之后又被改动过", "changed since the run"),
        "undo-changed-by-later-run": ("之后的另一次同步又改动过", "changed by a later run"),
        "undo-appointed-since": ("之后被任命为管理员", "appointed administrator since"),
        "undo-entrusted-since": (
            "之后又得到角色、任职或代办授权",
            "given roles, posts or a delegation since",
        ),
        "undo-taken": (
            "原来的名称或代码现由别人使用",
            "the former name or code is somebody else's now",
        ),
        "undo-last-administrator": (
            "是该类最后一名在用的全局管理员",
            "the last administrator of a kind who is in use",
        ),
        "undo-administrator": (
            "此人现为管理员，不授予业务角色",
            "an administrator now; holds no business role",
        ),
        "undo-unit-closed": ("原来所在或上级单位已撤销", "the unit it was in is closed"),
        "undo-keeps-people": ("单位内还有在用的人员", "people in use are still in the unit"),
        "undo-keeps-units": ("下面还有在用的单位", "units in use are still below"),
        "unreadable": ("有属性无法识别", "an attribute is not readable"),
        "too-long": ("有属性过长", "an attribute is too long"),
    }
)


def reason_words(reason: str) -> tuple[str, str]:
    """The Chinese and English words of a reason; what follows its colon is named after them."""
    key, _, subject = reason.partition(":")
    if key == "excluded":
        subject = ""
    zh, en = REASONS.get(key, (key, key))
    if not subject:
        return zh, en
    return _named(zh, "：", subject), _named(en, ": ", subject)


def _named(words: str, colon: str, subject: str) -> str:
    """The words with a colon, whether they bring one or not, and what is meant."""
    return f"{words.rstrip('：: ')}{colon}{subject}"
