"""Reads of synchronisations: the runs, and their plans as a page shows them."""

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from openbureau.base.errors import NotFound
from openbureau.base.i18n import N_
from openbureau.kernel.access.models import Role
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.audit.models import AuditRecord
from openbureau.kernel.audit.origin import COMMAND_LINE
from openbureau.kernel.directory.apply import REALM
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.directory.plan import Change, Plan, RoleChange, Value
from openbureau.kernel.directory.reasons import reason_words
from openbureau.kernel.sync.gate_text import gate_words
from openbureau.kernel.sync.losses import Loss, losses_of
from openbureau.kernel.sync.models import UNDO, SyncRun
from openbureau.kernel.sync.plan_text import decoded
from openbureau.kernel.sync.undo_plan import decoded_undo
from openbureau.kernel.units.models import Unit

OPEN_STATES = ("waiting", "reading", "planned", "blocked", "applying")

STATE_LABELS: Mapping[str, str] = {
    "waiting": N_("等待读取"),
    "reading": N_("正在读取"),
    "planned": N_("等待写入"),
    "blocked": N_("等待第二人确认"),
    "incomplete": N_("应答不完整"),
    "empty": N_("没有变化"),
    "applying": N_("正在写入"),
    "refused": N_("目录已变化，未写入"),
    "applied": N_("已写入"),
    "undone": N_("已撤销"),
    "discarded": N_("已放弃"),
}
ACTION_LABELS: Mapping[str, str] = {
    "create": N_("新增"),
    "move": N_("调动"),
    "rename": N_("改名"),
    "update": N_("变更"),
    "enable": N_("恢复"),
    "disable": N_("停用"),
    "grant": N_("授予角色"),
    "revoke": N_("收回角色"),
    "conflict": N_("冲突"),
    "left": N_("保持现状"),
    "excluded": N_("已排除"),
}
FIELD_LABELS: Mapping[str, str] = {
    "login": N_("登录名"),
    "name": N_("名称"),
    "short_name": N_("简称"),
    "code": N_("代码"),
    "kind": N_("类别"),
    "parent": N_("上级单位"),
    "unit": N_("单位"),
    "title": N_("职务"),
    "rank": N_("排名"),
    "phone": N_("电话"),
    "mobile": N_("手机"),
    "mail": N_("邮箱"),
    "room": N_("房间"),
    "photo": N_("照片"),
    "state": N_("状态"),
    "directory": N_("目录来源"),
    "external_id": N_("目录标识"),
    "is_active": N_("状态"),
    "post": N_("兼任职务"),
    "role": N_("角色"),
    "group": N_("组"),
}
_UNSHOWN = frozenset({"dn", "region", "is_access_unit", "external_id", "photo"})


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One row of a plan as the page shows it.

    `external_id` is what it is excluded by. `action` is a key of `ACTION_LABELS`; `of` is
    `unit`, `person` or `role`. `values` are (label, before, after), labels untranslated.
    `reason` are the words in both languages, or None. `losses` say what the person would lose.
    """

    of: str
    action: str
    external_id: str
    account_id: int | None
    name: str
    key: str
    values: tuple[tuple[str, str, str], ...] = ()
    place: str = ""
    reason: tuple[str, str] | None = None
    losses: tuple[Loss, ...] = ()


@dataclass(slots=True)
class PlanUnit:
    """The rows of one unit. `unit_id` is None for one the plan creates, and for no unit."""

    ref: str
    unit_id: int | None
    name: str
    lines: list[PlanLine] = field(default_factory=list)

    @property
    def counts(self) -> Counter[str]:
        """How many rows of each action."""
        return Counter(line.action for line in self.lines)


def runs(
    source: DirectorySource | None = None, *, limit: int = 50, is_any: bool = True
) -> list[SyncRun]:
    """The latest runs first; of one source unless `is_any`, None being the directory of the
    start-up settings."""
    query = SyncRun.select(*_LIGHT)
    if not is_any:
        query = query.where(
            SyncRun.source.is_null() if source is None else SyncRun.source == source.id
        )
    return list(query.order_by(SyncRun.id.desc()).limit(limit))


# Without the plan and the images, which may be megabytes.
_LIGHT = [column for name, column in SyncRun._meta.fields.items() if name not in {"plan", "before"}]


def run_by_uid(uid: str) -> SyncRun:
    """The run with this uid. Raises NotFound: there is none."""
    run = SyncRun.get_or_none(SyncRun.uid == uid)
    if run is None:
        raise NotFound
    return run


def latest_run(source_id: int | None, before_id: int | None = None) -> SyncRun | None:
    """The last run of a source that has an outcome."""
    of_source = SyncRun.source.is_null() if source_id is None else SyncRun.source == source_id
    query = SyncRun.select(*_LIGHT).where(
        of_source
        & (SyncRun.scope != UNDO)
        & SyncRun.state.not_in(("waiting", "reading", "empty", "discarded"))
    )
    if before_id is not None:
        query = query.where(SyncRun.id < before_id)
    return query.order_by(SyncRun.id.desc()).first()


def plan_of(run: SyncRun) -> Plan | None:
    """The plan of a directory the run has stored; None before it was made, and for one that
    takes another run back."""
    return decoded(run.plan) if run.plan and run.scope != UNDO else None


def excluded_of(run: SyncRun) -> frozenset[str]:
    """The stable ids that stay out of the run."""
    return frozenset(msgspec.json.decode(run.excluded, type=list[str]))


def blocked_of(run: SyncRun) -> tuple[tuple[str, str], ...]:
    """Why the run waits for a second administrator, in both languages."""
    return gate_words(msgspec.json.decode(run.blocked, type=list[str]))


def recent_of(run: SyncRun) -> int:
    """How many people the source had disabled in the 24 hours before the plan was made."""
    if run.scope == UNDO:
        return decoded_undo(run.plan).recent
    plan = plan_of(run)
    return plan.recent if plan is not None else 0


def plan_lines(run: SyncRun, *, actions: Collection[str] = ()) -> list[PlanUnit]:
    """The plan grouped by unit in official order, new units last, with what people would
    lose; only rows of these actions when some are named. A run without a plan has none."""
    plan = plan_of(run)
    if plan is None:
        return []
    units = Units(plan.units)
    found: dict[str, PlanUnit] = {}
    for ref, line in _lines(plan, units):
        if not actions or line.action in actions:
            group = found.get(ref)
            if group is None:
                group = found[ref] = PlanUnit(ref, units.id_of(ref), units.name(ref))
            group.lines.append(line)
    add_losses(found.values())
    return sorted(found.values(), key=lambda group: units.order(group.ref))


def plan_counts(run: SyncRun) -> Counter[str]:
    """How many rows of each action the plan has."""
    plan = plan_of(run)
    if plan is None:
        return Counter()
    return Counter(line.action for _, line in _lines(plan, Units(plan.units)))


class Units:
    """Names and places in the tree of the units a plan speaks of, and names of sources and
    roles."""

    def __init__(self, changes: Iterable[Change] = ()) -> None:
        rows: Any = Unit.select(Unit.id, Unit.short_name, Unit.path, Unit.position).tuples()
        self._names: dict[str, str] = {}
        sources: Any = DirectorySource.select(DirectorySource.id, DirectorySource.name).tuples()
        self._sources: dict[int, str] = dict(sources)
        roles: Any = Role.select(Role.id, Role.name).tuples()
        self._roles: dict[int, str] = dict(roles)
        positions: dict[int, int] = {}
        paths: dict[str, str] = {}
        for unit_id, name, path, position in rows:
            self._names[f"unit:{unit_id}"] = name
            paths[f"unit:{unit_id}"] = path
            positions[unit_id] = position
        self._order = {
            ref: tuple(
                (positions.get(int(part), 0), int(part)) for part in path.strip("/").split("/")
            )
            for ref, path in paths.items()
            if path.strip("/")
        }
        for change in changes:
            if change.action == "create":
                self._names[change.home] = change.name

    def name(self, ref: Value) -> str:
        return self._names.get(str(ref), "") if ref else ""

    def source(self, number: Value) -> str:
        """The name of a directory, or nothing for a unit kept here."""
        return self._sources.get(int(str(number)), str(number)) if number else ""

    def role(self, change: RoleChange) -> str:
        """The name of a role; its code where it is gone."""
        return self._roles.get(change.role_id, change.role_code)

    def order(self, ref: str) -> tuple[int, tuple[tuple[int, int], ...], str]:
        place = self._order.get(ref)
        return (1, (), ref) if place is None else (0, place, ref)

    @staticmethod
    def id_of(ref: str) -> int | None:
        return int(ref[5:]) if ref.startswith("unit:") else None


def _lines(plan: Plan, units: Units) -> Iterable[tuple[str, PlanLine]]:
    for change in plan.units:
        yield change.home, _line("unit", change, units)
    for change in plan.people:
        yield change.home, _line("person", change, units)
    for role in plan.roles:
        yield role.home, _role_line(role, units)


def _line(of: str, change: Change, units: Units) -> PlanLine:
    values = [
        (FIELD_LABELS[name], _shown(name, before, units), _shown(name, after, units))
        for name, before, after in change.all_values
        if name not in _UNSHOWN and (change.action != "create" or after not in (None, ""))
    ]
    for post in change.posts:
        shown = f"{units.name(post.unit)} {post.title}".strip()
        before, after = (post.title, "") if post.unit is None else ("", shown)
        values.append((FIELD_LABELS["post"], before, after))
    return PlanLine(
        of=of,
        action=_spoken_action(change),
        external_id=change.external_id,
        account_id=change.row_id if of == "person" else None,
        name=change.name,
        key=change.key,
        values=tuple(values),
        place=change.place,
        reason=reason_words(change.reason) if change.reason else None,
    )


def _spoken_action(change: Change) -> str:
    """What an update is called: a new name, a return, or a change of something else."""
    if change.reason.startswith("excluded"):
        return "excluded"
    if change.action not in {"update", "move"}:
        return change.action
    if change.after("state") == "active" or change.after("is_active") is True:
        return "enable"
    if change.action == "move":
        return "move"
    has_name = change.after("name") is not None or change.after("login") is not None
    return "rename" if has_name else "update"


def _shown(name: str, value: Value, units: Units) -> str:
    if name in {"unit", "parent"}:
        return units.name(value)
    if name == "directory":
        return units.source(value)
    if name == "is_active":
        return "active" if value else "closed"
    return "" if value is None else str(value)


def _role_line(change: RoleChange, units: Units) -> PlanLine:
    is_excluded = change.reason.startswith("excluded")
    return PlanLine(
        of="role",
        action="excluded" if is_excluded else change.action,
        external_id=change.external_id,
        account_id=int(change.holder[8:]) if change.holder.startswith("account:") else None,
        name=change.name,
        key=change.key,
        values=(
            (FIELD_LABELS["role"], "", units.role(change)),
            (FIELD_LABELS["group"], "", change.group),
        ),
        place=units.name(change.unit),
        reason=reason_words(change.reason) if change.reason else None,
    )


def add_losses(groups: Iterable[PlanUnit]) -> None:
    """What is lost by people who are disabled or moved."""
    groups = list(groups)
    leaving: dict[str, set[int]] = defaultdict(set)
    for group in groups:
        for line in group.lines:
            if line.of == "person" and line.account_id is not None:
                leaving[line.action].add(line.account_id)
    lost = {action: losses_of(leaving[action], action) for action in ("disable", "move")}
    for group in groups:
        group.lines = [_with_losses(line, lost.get(line.action, {})) for line in group.lines]


def _with_losses(line: PlanLine, lost: Mapping[int, Sequence[Loss]]) -> PlanLine:
    if line.of != "person" or line.account_id is None or line.account_id not in lost:
        return line
    return dataclasses.replace(line, losses=tuple(lost[line.account_id]))


def names_of(account_ids: Collection[int]) -> dict[int, str]:
    """Names of accounts by id, for lines that say who did something."""
    rows: Any = (
        Account.select(Account.id, Account.name).where(Account.id.in_(list(account_ids))).tuples()
    )
    return dict(rows)


def commanded(run: SyncRun) -> dict[str, str]:
    """The steps of a run that were taken on the command line: action, and the user of the
    operating system, whoever's name was given."""
    rows: Any = (
        AuditRecord.select(AuditRecord.action, AuditRecord.detail)
        .where((AuditRecord.realm == REALM) & (AuditRecord.record_id == run.id))
        .order_by(AuditRecord.id)
        .tuples()
    )
    steps = ((action, msgspec.json.decode(detail)) for action, detail in rows)
    return {action: said["os_user"] for action, said in steps if said.get("origin") == COMMAND_LINE}


def disabling_run(account: Account) -> SyncRun | None:
    """The synchronisation that disabled the account; None where none is on record. A run and
    what it disables carry the same moment."""
    at_once = SyncRun.state.in_(("applied", "undone")) & (SyncRun.applied_at == account.disabled_at)
    runs = SyncRun.select(SyncRun.id, SyncRun.uid).where(at_once)
    found: SyncRun | None = runs.order_by(SyncRun.id.desc()).first()
    return found
