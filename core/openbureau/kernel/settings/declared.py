"""The core's own settings. Those of plugins come from their `settings` hook."""

from collections.abc import Mapping

from openbureau.base.declarations import Setting
from openbureau.base.i18n import N_

_DECLARED = (
    Setting(
        "core.password_profile",
        N_("口令规则"),
        "djbh3",
        choices=(
            ("djbh3", N_("等保三级：8 位、三类字符、90 天更换")),
            ("asvs", N_("15 位以上，不要求更换")),
        ),
        description=N_("只用于本系统自建的账号；来自目录的账号由目录服务器规定。"),
        permission="core.manage_policies",
    ),
    Setting(
        "core.second_factor",
        N_("动态口令"),
        "administrators",
        choices=(
            ("administrators", N_("三类管理员必须使用")),
            ("everyone", N_("所有人必须使用")),
        ),
        permission="core.manage_policies",
    ),
    Setting(
        "core.parallel_sessions",
        N_("同一账号同时登录数"),
        3,
        minimum=1,
        maximum=20,
        description=N_("超过时，最久没有使用的登录被结束。"),
        permission="core.manage_policies",
    ),
    Setting(
        "core.unused_account_days",
        N_("长期未用账号提示（天）"),
        90,
        minimum=7,
        maximum=3650,
        permission="core.manage_policies",
    ),
    Setting(
        "core.audit_anchor_folder",
        N_("审计锚点目录"),
        "",
        description=N_(
            "每天把审计链的链头另存到这个目录（可为挂载的共享目录）；不填则只存在数据目录。"
        ),
    ),
    Setting(
        "core.quota_mb",
        N_("每人附件配额（MB）"),
        2048,
        minimum=1,
        maximum=1_000_000,
        is_local=True,
    ),
    Setting(
        "core.leaver_grace_days",
        N_("停用到归档的宽限期（天）"),
        30,
        minimum=1,
        maximum=3650,
    ),
)

CORE_SETTINGS: Mapping[str, Setting] = {setting.key: setting for setting in _DECLARED}
