"""Where an act comes from when it is not a page: every record written meanwhile says so."""

import os
import pwd
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

COMMAND_LINE = "command line"
TOKEN = "token"  # noqa: S105 - a word of the trail
_NOTHING: Mapping[str, str] = MappingProxyType({})
_origin: ContextVar[Mapping[str, str]] = ContextVar("origin", default=_NOTHING)


@contextmanager
def on_command_line() -> Iterator[None]:
    """What is recorded inside was done on the command line, by this user of the operating
    system, in whosever name it was done."""
    token = _origin.set({"origin": COMMAND_LINE, "os_user": os_user()})
    try:
        yield
    finally:
        _origin.reset(token)


@contextmanager
def through_token(name: str) -> Iterator[None]:
    """What is recorded inside was done by a program that showed this token."""
    token = _origin.set({"origin": TOKEN, "via_token": name})
    try:
        yield
    finally:
        _origin.reset(token)


def os_user() -> str:
    """The name of the user this process runs as, or its number where it has none."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def origin() -> Mapping[str, Any]:
    """What every record says of where it comes from; empty for pages and jobs."""
    return _origin.get()
