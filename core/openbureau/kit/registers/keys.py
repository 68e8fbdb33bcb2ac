"""One writer at a time for a natural key: two might each miss the other's record.

SQLite has one writer at a time anyway.
"""

from collections.abc import Mapping
from typing import Any

from openbureau.base.database import db, is_postgresql
from openbureau.kit.registers.declared import Register

_ONE = (
    "SELECT pg_advisory_xact_lock_shared(hashtext(%s)), "
    "pg_advisory_xact_lock(hashtext(%s), hashtext(%s))"
)
_ALL = "SELECT pg_advisory_xact_lock(hashtext(%s))"


def hold_key(register: Register, values: Mapping[str, Any]) -> None:
    """Nobody else writes a record with these values in the columns of the natural key until
    the caller's transaction ends."""
    key = [str(values.get(name) or "") for name in register.key]
    if is_postgresql() and all(key):
        name = _name(register)
        db.execute_sql(_ONE, (name, name, "\x1f".join(key)))


def hold_keys(register: Register) -> None:
    """The same for every key of a register: a table writes a thousand of them at once."""
    if is_postgresql() and register.key:
        db.execute_sql(_ALL, (_name(register),))


def _name(register: Register) -> str:
    return f"register_key:{register.realm}"
