"""Words for accounts on administrators' pages."""

from typing import Any

from openbureau.base.i18n import N_
from openbureau.base.request import Request
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.units.queries import UnitTree
from openbureau.shell.audit_labels import ACTIONS as RECORDED

STATE_LABELS = {"active": N_("在用"), "disabled": N_("停用"), "archived": N_("归档")}
STATE_LAMPS = {"active": "ok", "disabled": "warn", "archived": "pause"}
SOURCE_LABELS = {"local": N_("本系统"), "ldap": N_("目录")}
INDENT = "\N{EM SPACE}"
ACTIONS = RECORDED | {
    "core.create_account": N_("新建账号"),
    "core.change_account": N_("更改姓名或联系方式"),
    "core.disable_account": N_("停用账号"),
    "core.enable_account": N_("恢复使用"),
    "core.archive_account": N_("归档"),
    "core.issue_password": N_("发放初始密码"),
    "core.change_password": N_("本人修改密码"),
    "core.set_up_second_factor": N_("本人启用动态口令"),
    "core.remove_second_factor": N_("本人停用动态口令"),
    "core.renew_recovery_codes": N_("本人重新生成恢复码"),
    "core.reset_second_factor": N_("重置动态口令"),
    "core.allow_attempts": N_("清除失败计数"),
    "core.make_account_local": N_("改由本系统管理"),
    "core.adopt_account": N_("改由另一个目录管理"),
    "core.move_account": N_("改由另一个目录管理"),
    "core.add_post": N_("新增任职"),
    "core.change_post": N_("更改任职"),
    "core.end_post": N_("终止任职"),
    "core.appoint_administrator": N_("任命为管理员"),
    "core.dismiss_administrator": N_("免去管理员"),
    "core.end_sessions": N_("结束全部登录"),
    "core.grant_role": N_("授予角色"),
    "core.import_account": N_("批量导入"),
}


def unit_words(tree: UnitTree, unit_id: int | None) -> str:
    """`五华区局`, or `省局 办公室` for a section; empty without a unit."""
    unit = tree.by_id.get(unit_id) if unit_id is not None else None
    if unit is None:
        return ""
    above = tree.access_unit(unit.id)
    if above is None or above.id == unit.id:
        return unit.short_name
    return f"{above.short_name} {unit.short_name}"


def unit_choices(tree: UnitTree, covered: Any) -> list[tuple[str, str]]:
    """Units and sections that `covered` says may be chosen, indented as they stand."""
    nodes = [node for node in tree.nodes if node.is_active and covered(node.id)]
    top = min((node.depth for node in nodes), default=0)
    return [
        (
            node.code,
            INDENT * (node.depth - top) + (node.short_name if node.depth else node.name),
        )
        for node in nodes
    ]


def state_words(request: Request, account: Account) -> str:
    """The state in words."""
    return request.catalogue.gettext(STATE_LABELS[account.state])
