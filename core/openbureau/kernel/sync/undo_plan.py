"""What taking a synchronisation back would change: the plan, and its stored form."""

import hashlib
from typing import Any

import msgspec

from openbureau.kernel.directory.images import RowImage
from openbureau.kernel.directory.reasons import reason_words

CHANGED_SINCE = "changed-since"
LATER_RUN = "changed-by-later-run"
APPOINTED = "appointed-since"
GRANTED = "entrusted-since"
TAKEN = "taken"
LAST = "last-administrator"
ADMINISTRATOR = "administrator"
UNIT_CLOSED = "unit-closed"
HAS_PEOPLE = "keeps-people"
HAS_UNITS = "keeps-units"


class Left(msgspec.Struct, frozen=True):
    """A row that stays as it is, and why: a key of `reasons.REASONS`. A person's row stands for
    the person's posts and roles as well."""

    table: str
    id: int
    name: str
    reason: str

    @property
    def words(self) -> tuple[str, str]:
        """The reason in both languages."""
        return reason_words(f"undo-{self.reason}")


class Undone(msgspec.Struct, frozen=True):
    """How many rows were restored, by table; how many created ones were ended; what was left."""

    restored: dict[str, int]
    ended: dict[str, int]
    left: tuple[Left, ...]


class UndoPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Exactly what will be written. `run` is the uid of the run that is taken back; `restored`
    are rows that become what they were, by table; `ended` those the run had made; `disabled`
    the accounts nobody can sign in to any more; `recent` as in a plan of a directory."""

    run: str
    restored: dict[str, list[RowImage]]
    ended: dict[str, list[int]]
    left: tuple[Left, ...]
    disabled: tuple[int, ...] = ()
    blocked: tuple[str, ...] = ()
    recent: int = 0

    @property
    def hash(self) -> str:
        """SHA-256 over the canonical form, 64 hexadecimal digits; it does not depend on
        `recent`."""
        plain = msgspec.structs.replace(self, recent=0)
        return hashlib.sha256(_encoded(plain)).hexdigest()

    @property
    def undone(self) -> Undone:
        """What carrying it out comes to."""
        return Undone(
            {table: len(images) for table, images in self.restored.items()},
            {table: len(ids) for table, ids in self.ended.items()},
            self.left,
        )

    def encoded(self) -> str:
        """The stored form."""
        return _encoded(self).decode()


def _encoded(plan: Any) -> bytes:
    return msgspec.json.encode(plan, order="deterministic")


def decoded_undo(text: str) -> UndoPlan:
    """The plan of a stored form."""
    return msgspec.json.decode(text, type=UndoPlan)
