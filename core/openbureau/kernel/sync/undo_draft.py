"""What the decisions about taking a synchronisation back have come to so far."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openbureau.kernel.directory.images import TRACKED, Before, RowImage, mark, row_values
from openbureau.kernel.sync.models import SyncRun
from openbureau.kernel.sync.touches import touched_by_later_runs
from openbureau.kernel.sync.undo_plan import CHANGED_SINCE, LATER_RUN, TAKEN, Left
from openbureau.kernel.sync.undo_rows import holders_of, names_of_rows, post_places_of
from openbureau.kernel.units.models import Unit

Rows = Mapping[int, Mapping[str, Any]]


@dataclass(slots=True)
class Person:
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


class Draft:
    """The decisions while they are being made."""

    def __init__(self, run: SyncRun, before: Before) -> None:
        self.run = run
        self.before = before
        self.left: dict[tuple[str, int], str] = {}
        self.marks = {table: before.created_marks(table) for table in TRACKED}
        self.rows: dict[str, Rows] = {
            table: dict(row_values(table, self._ids(table))) for table in TRACKED
        }
        self.post_places = post_places_of(self.rows["post"])
        self.people = self._people()
        self.open_units = {row.id for row in Unit.select(Unit.id).where(Unit.is_active)}
        self.grants: list[RowImage] = []
        self.made_grants: list[int] = []

    def _ids(self, table: str) -> set[int]:
        changed = {image.id for image in self.before.changed.get(table, ())}
        return changed | set(self.before.created.get(table, ()))

    def _people(self) -> dict[int, Person]:
        found: dict[int, Person] = defaultdict(Person)
        for image in self.before.changed.get("account", ()):
            found[image.id].account = image
        for account_id in self.before.created.get("account", ()):
            found[account_id].is_created = True
        for image in self.before.changed.get("post", ()):
            found[self.post_places[image.id][0]].posts.append(image)
        for post_id in self.before.created.get("post", ()):
            found[self.post_places[post_id][0]].made_posts.append(post_id)
        return dict(found)

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
        """Leaves a row as it is; the first reason counts."""
        self.left.setdefault((table, row_id), reason)

    def is_left(self, table: str, row_id: int) -> bool:
        """Whether a row stays as it is."""
        return (table, row_id) in self.left

    def leave_taken(self, table: str, column: str) -> None:
        """Leaves rows whose old login or code somebody else has now. Repeated, because a row
        that stays keeps its present one."""
        changed = [i for i in self.before.changed.get(table, ()) if column in i.before]
        names = {image.before[column]: image for image in changed}
        holders = holders_of(table, column, names)
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

    @property
    def unit_images(self) -> list[RowImage]:
        """The changed units that are restored."""
        images = self.before.changed.get("unit", ())
        return [image for image in images if not self.is_left("unit", image.id)]

    @property
    def made_units(self) -> list[int]:
        """The created units that are closed."""
        made = self.before.created.get("unit", ())
        return [unit_id for unit_id in made if not self.is_left("unit", unit_id)]

    @property
    def restored_posts(self) -> list[RowImage]:
        """The changed posts that are restored."""
        images = self.before.changed.get("post", ())
        return [image for image in images if self.is_decided(image.id)]

    def is_going(self, account_id: int, person: Person) -> bool:
        """Whether the account is in use and will not be."""
        row = self.rows["account"].get(account_id)
        return row is not None and not self.is_left("account", account_id) and person.ends(row)

    def is_decided(self, post_id: int) -> bool:
        """Whether what the run did to a post is taken back."""
        return not self.is_left("account", self.post_places[post_id][0])

    @property
    def restored(self) -> dict[str, list[RowImage]]:
        """The rows that become what they were, by table."""
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
        """The created rows that end, by table."""
        made = self.before.created
        return {
            "unit": self.made_units,
            "account": [i for i in made.get("account", ()) if not self.is_left("account", i)],
            "post": [i for i in made.get("post", ()) if self.is_decided(i)],
            "role_grant": self.made_grants,
        }

    @property
    def disabled(self) -> tuple[int, ...]:
        """The accounts in use that will not be."""
        return tuple(sorted(key for key, who in self.people.items() if self.is_going(key, who)))

    def lefts(self) -> tuple[Left, ...]:
        """What stays as it is, with the reasons."""
        later = touched_by_later_runs(self.run, self.left) if self.left else frozenset()
        lines = []
        for table in TRACKED:
            ids = [row_id for of, row_id in self.left if of == table]
            names = names_of_rows(table, ids)
            for row_id in sorted(ids):
                reason = self.left[table, row_id]
                if reason == CHANGED_SINCE and (table, row_id) in later:
                    reason = LATER_RUN
                lines.append(Left(table, row_id, names.get(row_id, ""), reason))
        return tuple(lines)
