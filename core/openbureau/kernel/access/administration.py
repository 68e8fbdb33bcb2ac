"""The three kinds of administrator: disjoint, each with powers of its own and none over
business records. A delegated one holds the local powers in a unit and all below it.

Source: GB/T 22239-2019, 8.1.5 (system, audit and security management).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from openbureau.base.context import Reach
from openbureau.base.i18n import N_
from openbureau.kernel.units.queries import UnitTree


@dataclass(frozen=True, slots=True)
class Power:
    """One thing administrators of a kind may do. `is_local`: also for a part of the tree."""

    code: str
    label: str
    kind: str
    is_local: bool = False


POWERS = (
    Power("core.manage_units", N_("管理单位"), "system", is_local=True),
    Power("core.manage_people", N_("管理人员和账号"), "system", is_local=True),
    Power("core.hand_over_duties", N_("办理离任交接"), "system", is_local=True),
    Power("core.run_sync", N_("管理目录同步"), "system"),
    Power("core.manage_plugins", N_("启用业务模块"), "system"),
    Power("core.manage_jobs", N_("管理后台任务"), "system"),
    Power("core.manage_files", N_("管理文件与配额"), "system"),
    Power("core.manage_settings", N_("修改系统设置"), "system"),
    Power("core.view_health", N_("查看运行状况"), "system"),
    Power("core.manage_roles", N_("管理角色"), "security"),
    Power("core.manage_policies", N_("修改安全策略"), "security"),
    Power("core.manage_personal_data", N_("管理个人信息清单"), "security"),
    Power("core.manage_grants", N_("授予和收回角色"), "security", is_local=True),
    Power("core.manage_tokens", N_("管理接口令牌"), "security", is_local=True),
    Power("core.manage_sessions", N_("管理在线会话"), "security", is_local=True),
    Power("core.explain_access", N_("查询权限依据"), "security", is_local=True),
    Power("core.read_audit", N_("查阅审计记录"), "audit", is_local=True),
)
KIND_LABELS: Mapping[str, str] = {
    "system": N_("系统管理员"),
    "security": N_("安全管理员"),
    "audit": N_("审计管理员"),
}


def powers_of(kind: str, unit_id: int | None, tree: UnitTree) -> dict[str, Reach]:
    """The reach of every power of an administrator; `unit_id` bounds a delegated one."""
    if unit_id is None:
        everywhere = Reach(is_everywhere=True)
        return {power.code: everywhere for power in POWERS if power.kind == kind}
    within = Reach(frozenset(tree.subtree_ids(unit_id)))
    return {power.code: within for power in POWERS if power.kind == kind and power.is_local}
