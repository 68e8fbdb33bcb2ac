"""The taking back of a synchronisation as a page shows it: by unit, with what people lose."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from openbureau.kernel.access.models import RoleGrant
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.directory.images import RowImage, grouped
from openbureau.kernel.sync.models import UNDO, SyncRun
from openbureau.kernel.sync.queries import (
    FIELD_LABELS,
    PlanLine,
    PlanUnit,
    Units,
    add_losses,
    plan_counts,
    plan_lines,
)
from openbureau.kernel.sync.undo_plan import Left, UndoPlan, decoded_undo
from openbureau.kernel.units.models import Unit

_UNSHOWN = frozenset(
    (
        "pinyin",
        "initials",
        "directory_dn",
        "disabled_at",
        "disabled_reason",
        "archived_at",
        "photo",
        "external_id",
        "is_name_assumed",
        "closed_at",
    )
)


def run_lines(run: SyncRun, *, actions: Collection[str] = ()) -> list[PlanUnit]:
    """The plan of a run of either kind, grouped by unit in official order; only rows of these
    actions when some are named."""
    if run.scope == UNDO:
        return undo_lines(decoded_undo(run.plan), actions=actions)
    return plan_lines(run, actions=actions)


def run_counts(run: SyncRun) -> Counter[str]:
    """How many rows of each action the plan of a run of either kind has."""
    if run.scope == UNDO:
        return undo_counts(decoded_undo(run.plan))
    return plan_counts(run)


def undo_counts(plan: UndoPlan) -> Counter[str]:
    """How many rows of each action."""
    return Counter(line.action for group in undo_lines(plan) for line in group.lines)


def undo_lines(plan: UndoPlan, *, actions: Collection[str] = ()) -> list[PlanUnit]:
    """The rows of the plan grouped by unit in official order."""
    units = Units()
    found: dict[str, PlanUnit] = {}
    for ref, line in _Lines(plan, units).all():
        if not actions or line.action in actions:
            group = found.setdefault(ref, PlanUnit(ref, units.id_of(ref), units.name(ref)))
            group.lines.append(line)
    add_losses(found.values())
    return sorted(found.values(), key=lambda group: units.order(group.ref))


class _Lines:
    """The rows of a plan in words."""

    def __init__(self, plan: UndoPlan, units: Units) -> None:
        self.plan = plan
        self.units = units
        posts = [image.id for image in plan.restored["post"]] + plan.ended["post"]
        self.posts = _rows(Post, posts)
        self.images = {image.id: image for image in plan.restored["account"]}
        self.by_person = self._by_person()
        left = [line.id for line in plan.left if line.table == "account"]
        self.accounts = _rows(Account, {*self.by_person, *self.images, *left, *plan.disabled})
        self.homes = _homes(self.accounts)

    def _by_person(self) -> Mapping[int, list[int]]:
        found: dict[int, list[int]] = defaultdict(list)
        for post in self.posts.values():
            found[post.account_id].append(post.id)
        return found

    def all(self) -> Iterable[tuple[str, PlanLine]]:
        """Unit and row of everything."""
        yield from self._units()
        ended = set(self.plan.ended["account"])
        for account_id in sorted({*self.by_person, *self.images, *ended}):
            yield (
                self.homes.get(account_id, ""),
                self._person(account_id, is_ended=account_id in ended),
            )
        yield from self._roles()
        for line in self.plan.left:
            yield self._left(line)

    def _units(self) -> Iterable[tuple[str, PlanLine]]:
        rows = _rows(Unit, [i.id for i in self.plan.restored["unit"]] + self.plan.ended["unit"])
        for image in self.plan.restored["unit"]:
            unit = rows[image.id]
            yield f"unit:{unit.id}", self._line("unit", _action(image), unit, self._values(image))
        for unit_id in self.plan.ended["unit"]:
            yield f"unit:{unit_id}", self._line("unit", "disable", rows[unit_id])

    def _person(self, account_id: int, *, is_ended: bool) -> PlanLine:
        account = self.accounts[account_id]
        image = self.images.get(account_id)
        values = self._values(image) if image is not None else []
        places = [] if is_ended else self._places(account_id)
        action = "move" if places else "update"
        if image is not None and _action(image) != "update":
            action = _action(image)
        if is_ended:
            # Somebody who came disabled only gives the login name back.
            action = "disable" if account_id in self.plan.disabled else "update"
        return self._line("person", action, account, [*values, *places], account_id)

    def _places(self, account_id: int) -> list[tuple[str, str, str]]:
        """Which posts end and which come back or change."""
        ending = set(self.plan.ended["post"])
        images = {image.id: image for image in self.plan.restored["post"]}
        values = []
        for post_id in self.by_person.get(account_id, ()):
            post = self.posts[post_id]
            now = f"{self.units.name(f'unit:{post.unit_id}')} {post.title}".strip()
            if post_id in ending:
                values.append((FIELD_LABELS["title"], now if post.is_active else "", ""))
                continue
            before = images[post_id].before
            title = before.get("title", post.title)
            then = f"{self.units.name(f'unit:{post.unit_id}')} {title}".strip()
            is_active = before.get("is_active", post.is_active)
            values.append(
                (FIELD_LABELS["title"], now if post.is_active else "", then if is_active else "")
            )
        return [value for value in values if value[1] != value[2]]

    def _values(self, image: RowImage) -> list[tuple[str, str, str]]:
        return [
            (FIELD_LABELS[name], self._shown(name, image.after[name]), self._shown(name, value))
            for name, value in image.before.items()
            if name not in _UNSHOWN
        ]

    def _shown(self, name: str, value: Any) -> str:
        if name == "parent":
            return self.units.name(f"unit:{value}") if value else ""
        if name == "directory":
            return self.units.source(value)
        if name == "is_active":
            return "active" if value else "closed"
        return "" if value is None else str(value)

    def _roles(self) -> Iterable[tuple[str, PlanLine]]:
        ended = set(self.plan.ended["role_grant"])
        ids = [image.id for image in self.plan.restored["role_grant"]]
        for grant in _rows(RoleGrant, [*ids, *ended]).values():
            values = [
                (FIELD_LABELS["role"], "", grant.role.code),
                (FIELD_LABELS["group"], "", grant.group),
            ]
            action = "revoke" if grant.id in ended else "grant"
            line = self._line("role", action, grant.account, values, grant.account_id)
            yield f"unit:{grant.unit_id}", line

    def _left(self, left: Left) -> tuple[str, PlanLine]:
        key, _, name = left.name.partition(" ")
        place = f"unit:{left.id}" if left.table == "unit" else self.homes.get(left.id, "")
        line = PlanLine(
            of={"unit": "unit", "role_grant": "role"}.get(left.table, "person"),
            action="left",
            external_id="",
            account_id=left.id if left.table == "account" else None,
            name=name,
            key=key,
            reason=left.words,
        )
        return place, line

    @staticmethod
    def _line(
        of: str,
        action: str,
        row: Any,
        values: Iterable[tuple[str, str, str]] = (),
        account_id: int | None = None,
    ) -> PlanLine:
        key = row.code if of == "unit" else row.login
        return PlanLine(
            of=of,
            action=action,
            external_id="",
            account_id=account_id,
            name=row.name,
            key=key,
            values=tuple(values),
        )


def _action(image: RowImage) -> str:
    """What becoming again what it was is called."""
    before = image.before
    if "state" in before:
        return "enable" if before["state"] == "active" else "disable"
    if "is_active" in before:
        return "enable" if before["is_active"] else "disable"
    if "parent" in before:
        return "move"
    return "rename" if {"name", "login"} & before.keys() else "update"


def _rows(model: Any, ids: Iterable[int]) -> dict[int, Any]:
    found: dict[int, Any] = {}
    for group in grouped(sorted(set(ids))):
        found.update((row.id, row) for row in model.select().where(model.id.in_(group)))
    return found


def _homes(account_ids: Iterable[int]) -> dict[int, str]:
    """The unit of each person's first post."""
    found: dict[int, str] = {}
    for group in grouped(sorted(account_ids)):
        rows: Any = (
            Post.select(Post.account, Post.unit)
            .where(Post.account.in_(group) & Post.is_active)
            .order_by(Post.account, Post.is_primary.desc(), Post.id)
            .tuples()
        )
        for account_id, unit_id in rows:
            found.setdefault(account_id, f"unit:{unit_id}")
    return found
