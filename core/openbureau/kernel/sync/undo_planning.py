"""Deciding what taking a synchronisation back changes. Whatever somebody has touched since, a
person with everything that belongs to them, stays as it is and is named."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from openbureau.kernel.access.models import RoleGrant
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.accounts.oversight import is_last
from openbureau.kernel.directory.gates import counted_since, tripped_gates
from openbureau.kernel.directory.images import (
    TRACKED,
    Before,
    RowImage,
    decoded_before,
    grouped,
    mark,
    row_values,
)
from openbureau.kernel.directory.plan import Change, RoleChange
from openbureau.kernel.directory.queries import current_rows
from openbureau.kernel.sync.models import SyncRun
from openbureau.kernel.sync.touches import entrusted_since, touched_by_later_runs
from openbureau.kernel.sync.undo_plan import (
    ADMINISTRATOR,
    APPOINTED,
    CHANGED_SINCE,
    HAS_PEOPLE,
    HAS_UNITS,
    LAST,
    LATER_RUN,
    TAKEN,
    UNIT_CLOSED,
    Left,
    UndoPlan,
)
from openbureau.kernel.units.models import Unit

Rows = Mapping[int, Mapping[str, Any]]


def plan_undo(run: SyncRun, planned_at: dt.datetime) -> UndoPlan:
    """What taking the run back would change now. The gates count whom the source has disabled
    in the 24 hours before `planned_at`, and since."""
    draft = _Draft(run, decoded_before(run.before))
    draft.decide_units()
    draft.decide_people()
    draft.keep_used_units()
    draft.decide_grants()
    return _guarded(run, draft, planned_at)


@dataclass(slots=True)
class _Person:
    """What the run did to one person: images and created rows by table."""

    account: RowImage | None = None
    is_created: bool = False
    posts: list[RowImage] = field(default_factory=list)
    made_posts: list[int] = field(default_factory=list)

    def ends(self, row: Mapping[str, Any]) -> bool:
        """Whether taking back would make an account unusable that is in use."""
        if row["state"] != "active":
            return False
        restored = self.account.before.get("state", "active") if self.account else "active"
        return self.is_created or restored != "active"


class _Draft:
    """The decisions while they are being made."""

    def __init__(self, run: SyncRun, before: Before) -> None:
        self.run = run
        self.before = before
        self.left: dict[tuple[str, int], str] = {}
        self.marks = {
            table: dict(zip(ids, before.marks.get(table, ()), strict=False))
            for table, ids in before.created.items()
        }
        self.rows: dict[str, Rows] = {
            table: dict(row_values(table, self._ids(table))) for table in TRACKED
        }
        self.post_places = _post_places(self.rows["post"])
        self.people = self._people()
        self.open_units = {row.id for row in Unit.select(Unit.id).where(Unit.is_active)}
        self.grants: list[RowImage] = []
        self.made_grants: list[int] = []

    def _ids(self, table: str) -> set[int]:
        changed = {image.id for image in self.before.changed.get(table, ())}
        return changed | set(self.before.created.get(table, ()))

    def _people(self) -> dict[int, _Person]:
        found: dict[int, _Person] = defaultdict(_Person)
        for image in self.before.changed.get("account", ()):
            found[image.id].account = image
        for account_id in self.before.created.get("account", ()):
            found[account_id].is_created = True
        for image in self.before.changed.get("post", ()):
            found[self.post_places[image.id][0]].posts.append(image)
        for post_id in self.before.created.get("post", ()):
            found[self.post_places[post_id][0]].made_posts.append(post_id)
        return dict(found)

    # -- whether somebody has been there since

    def is_touched(self, table: str, image: RowImage, *, is_whole: bool = False) -> bool:
        """Whether a changed row is not as the run left it: in what the run changed, or
        anywhere."""
        row = dict(self.rows[table][image.id])
        if is_whole and image.mark:
            return mark(row) != image.mark
        if row.get("state") == "archived":
            row["state"] = "disabled"
        return any(row.get(name) != value for name, value in image.after.items())

    def is_made_touched(self, table: str, row_id: int) -> bool:
        """Whether a created row is not as the run left it."""
        kept = self.marks[table].get(row_id)
        row = self.rows[table][row_id]
        if kept is None:
            return row.get("administrator") is not None or row.get("is_active", True) is False
        return mark(row) != kept

    def leave(self, table: str, row_id: int, reason: str) -> None:
        self.left.setdefault((table, row_id), reason)

    def is_left(self, table: str, row_id: int) -> bool:
        return (table, row_id) in self.left

    # -- units

    def decide_units(self) -> None:
        for image in self.before.changed.get("unit", ()):
            if self.is_touched("unit", image):
                self.leave("unit", image.id, CHANGED_SINCE)
        for unit_id in self.before.created.get("unit", ()):
            if self.is_made_touched("unit", unit_id):
                self.leave("unit", unit_id, CHANGED_SINCE)
        self._leave_taken("unit", "code")
        for image in self.unit_images:
            if image.before.get("is_active") is True:
                self.open_units.add(image.id)
        for image in self.unit_images:
            parent = image.before.get("parent")
            if parent is not None and parent not in self.open_units:
                self.leave("unit", image.id, UNIT_CLOSED)

    @property
    def unit_images(self) -> list[RowImage]:
        images = self.before.changed.get("unit", ())
        return [image for image in images if not self.is_left("unit", image.id)]

    @property
    def made_units(self) -> list[int]:
        made = self.before.created.get("unit", ())
        return [unit_id for unit_id in made if not self.is_left("unit", unit_id)]

    def _leave_taken(self, table: str, column: str) -> None:
        """Leaves rows whose old login or code somebody else has now. Repeated, because a row
        that stays keeps its present one."""
        changed = [i for i in self.before.changed.get(table, ()) if column in i.before]
        names = {image.before[column]: image for image in changed}
        holders = _holders(table, column, names)
        made = self.before.created.get(table, ())
        is_settled = False
        while not is_settled:
            freed = {i.id for i in changed if not self.is_left(table, i.id)}
            freed |= {row_id for row_id in made if not self.is_left(table, row_id)}
            taken = {
                names[name].id
                for name, row_id in holders
                if row_id not in freed and not self.is_left(table, names[name].id)
            }
            for row_id in taken:
                self.leave(table, row_id, TAKEN)
            is_settled = not taken

    def keep_used_units(self) -> None:
        """Leaves open what would be closed and still has people or units in it."""
        closing = {image.id for image in self.unit_images if image.before.get("is_active") is False}
        closing |= {unit_id for unit_id in self.made_units if unit_id in self.open_units}
        if not closing:
            return
        staffed, above = self._staffed(), self._parents()
        while True:
            below = {above[unit_id] for unit_id in self.open_units - closing}
            kept = {unit_id for unit_id in closing if unit_id in staffed or unit_id in below}
            if not kept:
                return
            for unit_id in sorted(kept):
                self.leave("unit", unit_id, HAS_PEOPLE if unit_id in staffed else HAS_UNITS)
            closing -= kept

    def _parents(self) -> dict[int, int | None]:
        rows: Any = Unit.select(Unit.id, Unit.parent).tuples()
        above: dict[int, int | None] = dict(rows)
        for image in self.unit_images:
            if "parent" in image.before:
                above[image.id] = image.before["parent"]
        return above

    def _staffed(self) -> set[int]:
        """The units with somebody in use in them afterwards."""
        going = {key for key, person in self.people.items() if self._is_going(key, person)}
        moved = {post_id for post_id in self.post_places if self._is_decided(post_id)}
        rows: Any = (
            Post.select(Post.id, Post.account, Post.unit)
            .join(Account)
            .where(Post.is_active & (Account.state == "active"))
            .tuples()
        )
        found = {
            unit_id
            for post_id, account_id, unit_id in rows
            if account_id not in going and post_id not in moved
        }
        for image in self.restored_posts:
            account_id, unit_id = self.post_places[image.id]
            is_active = image.before.get("is_active", self.rows["post"][image.id]["is_active"])
            if is_active and account_id not in going:
                found.add(unit_id)
        return found

    def _is_going(self, account_id: int, person: _Person) -> bool:
        row = self.rows["account"].get(account_id)
        return row is not None and not self.is_left("account", account_id) and person.ends(row)

    def _is_decided(self, post_id: int) -> bool:
        return not self.is_left("account", self.post_places[post_id][0])

    # -- people

    def decide_people(self) -> None:
        ending = {
            account_id
            for account_id, person in self.people.items()
            if account_id in self.rows["account"] and person.ends(self.rows["account"][account_id])
        }
        entrusted = entrusted_since(
            ending, self.run.applied_at, self.before.created.get("role_grant", ())
        )
        for account_id, person in self.people.items():
            reason = self._person_reason(account_id, person, is_ending=account_id in ending)
            reason = reason or entrusted.get(account_id, "")
            if reason:
                self.leave("account", account_id, reason)
        self._leave_extra_posts()
        self._leave_taken("account", "login")
        self._keep_administrators(ending)

    def _person_reason(self, account_id: int, person: _Person, *, is_ending: bool) -> str:
        row = self.rows["account"].get(account_id, {})
        image = person.account
        is_touched = (
            (person.is_created and self.is_made_touched("account", account_id))
            or (image is not None and self.is_touched("account", image, is_whole=is_ending))
            or any(self.is_touched("post", post) for post in person.posts)
            or any(self.is_made_touched("post", post_id) for post_id in person.made_posts)
        )
        if is_touched:
            return APPOINTED if is_ending and row.get("administrator") else CHANGED_SINCE
        for post in person.posts:
            unit_id = self.post_places[post.id][1]
            if post.before.get("is_active") and unit_id not in self.open_units:
                return UNIT_CLOSED
        return ""

    def _leave_extra_posts(self) -> None:
        """Somebody the run brought and who was given a further post since is needed."""
        created = sorted(self.before.created.get("account", ()))
        known = set(self.before.created.get("post", ()))
        for group in grouped(created):
            rows: Any = (
                Post.select(Post.id, Post.account)
                .where(Post.account.in_(group) & Post.is_active)
                .tuples()
            )
            for post_id, account_id in rows:
                if post_id not in known:
                    self.leave("account", account_id, CHANGED_SINCE)

    def _keep_administrators(self, ending: Collection[int]) -> None:
        """Leaves who would be the last administrator of a kind to go."""
        going: list[int] = []
        for account_id in sorted(ending):
            if self.is_left("account", account_id):
                continue
            if self.rows["account"][account_id]["administrator"] is None:
                continue
            if is_last(Account.get_by_id(account_id), going):
                self.leave("account", account_id, LAST)
            else:
                going.append(account_id)

    @property
    def restored_posts(self) -> list[RowImage]:
        images = self.before.changed.get("post", ())
        return [image for image in images if self._is_decided(image.id)]

    # -- roles

    def decide_grants(self) -> None:
        images = self.before.changed.get("role_grant", ())
        made = self.before.created.get("role_grant", ())
        found = _grants({image.id for image in images} | set(made))
        held = _held(found.values())
        for image in images:
            grant = found[image.id]
            if self.is_left("account", grant.account_id):
                continue
            key = _grant_key(grant)
            if _does_no_business(grant):
                self.leave("role_grant", image.id, ADMINISTRATOR)
            elif self.is_touched("role_grant", image) or key in held:
                self.leave("role_grant", image.id, CHANGED_SINCE)
            elif grant.unit_id not in self.open_units:
                self.leave("role_grant", image.id, UNIT_CLOSED)
            else:
                # Of several that were one and the same, one is given back.
                held.add(key)
                self.grants.append(image)
        self.made_grants = [
            grant_id
            for grant_id in made
            if found[grant_id].ended_at is None
            and not self.is_left("account", found[grant_id].account_id)
        ]

    # -- what comes out

    @property
    def restored(self) -> dict[str, list[RowImage]]:
        accounts = [
            image
            for image in self.before.changed.get("account", ())
            if not self.is_left("account", image.id)
        ]
        return {
            "unit": self.unit_images,
            "account": accounts,
            "post": self.restored_posts,
            "role_grant": self.grants,
        }

    @property
    def ended(self) -> dict[str, list[int]]:
        made = self.before.created
        return {
            "unit": self.made_units,
            "account": [i for i in made.get("account", ()) if not self.is_left("account", i)],
            "post": [i for i in made.get("post", ()) if self._is_decided(i)],
            "role_grant": self.made_grants,
        }

    @property
    def disabled(self) -> tuple[int, ...]:
        return tuple(sorted(key for key, who in self.people.items() if self._is_going(key, who)))

    def lefts(self) -> tuple[Left, ...]:
        later = touched_by_later_runs(self.run, self.left) if self.left else frozenset()
        lines = []
        for table in TRACKED:
            ids = [row_id for of, row_id in self.left if of == table]
            names = _names(table, ids)
            for row_id in sorted(ids):
                reason = self.left[table, row_id]
                if reason == CHANGED_SINCE and (table, row_id) in later:
                    reason = LATER_RUN
                lines.append(Left(table, row_id, names.get(row_id, ""), reason))
        return tuple(lines)


def _guarded(run: SyncRun, draft: _Draft, planned_at: dt.datetime) -> UndoPlan:
    """The plan with the gates it trips: those of every other plan."""
    current = current_rows(run.source, counted_since(planned_at))
    disabled = draft.disabled
    changes = [
        Change(action="disable", external_id="", row_id=account_id, name="", key="")
        for account_id in disabled
    ]
    return UndoPlan(
        run=run.uid,
        restored=draft.restored,
        ended=draft.ended,
        left=draft.lefts(),
        disabled=disabled,
        blocked=tripped_gates(changes, current, _role_changes(draft)),
        recent=len(current.recent),
    )


def _role_changes(draft: _Draft) -> list[RoleChange]:
    found = _grants({image.id for image in draft.grants} | set(draft.made_grants))
    ended = set(draft.made_grants)
    return [
        RoleChange(
            action="revoke" if grant.id in ended else "grant",
            external_id="",
            grant_id=grant.id,
            holder=f"account:{grant.account_id}",
            name="",
            key="",
            role_id=grant.role_id,
            role_code=grant.role.code,
            unit=f"unit:{grant.unit_id}",
            reach=grant.reach,
            group=grant.group,
        )
        for grant in found.values()
    ]


def _post_places(ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Account and unit of posts."""
    found: dict[int, tuple[int, int]] = {}
    for group in grouped(sorted(ids)):
        rows: Any = Post.select(Post.id, Post.account, Post.unit).where(Post.id.in_(group)).tuples()
        found.update((post_id, (account_id, unit_id)) for post_id, account_id, unit_id in rows)
    return found


def _grants(ids: Iterable[int]) -> dict[int, RoleGrant]:
    """The grants with their holders and roles, in the order of their numbers."""
    found: dict[int, RoleGrant] = {}
    for group in grouped(sorted(ids)):
        rows = (
            RoleGrant.select(RoleGrant, Account)
            .join(Account, on=(RoleGrant.account == Account.id))
            .where(RoleGrant.id.in_(group))
            .order_by(RoleGrant.id)
        )
        found.update((grant.id, grant) for grant in rows)
    return found


def _does_no_business(grant: RoleGrant) -> bool:
    return grant.account is not None and grant.account.administrator is not None


def _grant_key(grant: Any) -> tuple[Any, ...]:
    return grant.account_id, grant.role_id, grant.unit_id, grant.reach, grant.source, grant.group


def _held(grants: Iterable[Any]) -> set[tuple[Any, ...]]:
    """What the holders of these grants hold now."""
    found: set[tuple[Any, ...]] = set()
    for group in grouped(sorted({grant.account_id for grant in grants})):
        rows = RoleGrant.select().where(RoleGrant.account.in_(group) & RoleGrant.ended_at.is_null())
        found |= {_grant_key(grant) for grant in rows}
    return found


def _holders(table: str, column: str, names: Collection[str]) -> list[tuple[str, int]]:
    model = TRACKED[table][0]
    named = getattr(model, column)
    found: list[tuple[str, int]] = []
    for group in grouped_texts(sorted(names)):
        found.extend(model.select(named, model.id).where(named.in_(group)).tuples())
    return found


def grouped_texts(texts: list[str], size: int = 500) -> list[list[str]]:
    """Texts in portions one statement takes."""
    return [texts[start : start + size] for start in range(0, len(texts), size)]


def _names(table: str, ids: Collection[int]) -> dict[int, str]:
    """What rows are called: login and name, code and name, login and role."""
    if table == "role_grant":
        return {
            grant.id: f"{grant.account.login} {grant.role.code}"
            for grant in _grants(ids).values()
            if grant.account is not None
        }
    model = TRACKED[table][0]
    key = "login" if table == "account" else "code"
    found: dict[int, str] = {}
    for group in grouped(sorted(ids)):
        for row in model.select().where(model.id.in_(group)):
            found[row.id] = f"{getattr(row, key)} {row.name}"
    return found
