"""Counting what reaches the database."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from openbureau.base.database import db

_WRITE = re.compile(r"\s*(insert|update|delete|create|drop|alter|replace)\b", re.IGNORECASE)


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL of every statement executed inside, in order, without transaction marks."""
    seen: list[str] = []

    def note(event: Any) -> None:
        if not event.sql.lower().startswith(("begin", "commit", "rollback", "savepoint")):
            seen.append(event.sql)

    db.obj.query_hooks.append(note)
    try:
        yield seen
    finally:
        db.obj.query_hooks.remove(note)


def is_write(sql: str) -> bool:
    """Whether a statement changes anything."""
    return _WRITE.match(sql) is not None
