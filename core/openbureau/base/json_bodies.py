"""JSON as programs send it: read strictly, so that what is kept is what was meant."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from openbureau.base.errors import BadRequest
from openbureau.base.i18n import N_

LIMIT_BYTES = 1024 * 1024
# What no database and no answer can hold.
_IMPOSSIBLE = re.compile(r"[\0\ud800-\udfff]")
_NESTED_AT_MOST = 8


@dataclass(frozen=True, slots=True)
class JsonResult:
    """What a view of the API hands back: a document, its status, headers, and its version."""

    document: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    version: str = ""


def document_of(body: bytes) -> Any:
    """The JSON document of a body in UTF-8.

    Raises BadRequest: it is none; a name stands in an object twice; a number is none or beyond
    what computers count with; it is nested deeper than anything here; a text holds characters
    that cannot be kept.
    """
    try:
        text = body.decode("utf-8")
        found = json.loads(
            text, object_pairs_hook=_members, parse_float=_number, parse_constant=_refuse
        )
    except RecursionError:
        raise _unreadable() from None
    except ValueError as fault:
        raise _unreadable() from fault
    _check(found, _NESTED_AT_MOST)
    return found


def _unreadable() -> BadRequest:
    return BadRequest(
        N_("请求的内容不是合格的 JSON。"),
        remedy=N_("请检查：编码为 UTF-8，没有重复的成员名，没有 NaN 或过大的数，层次不过深。"),
        code="API-001",
    )


def _members(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _number(text: str) -> float:
    found = float(text)
    if not math.isfinite(found):
        _refuse(text)
    return found


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text[:20]} is no number")


def _check(value: Any, levels: int) -> None:
    if isinstance(value, str):
        if _IMPOSSIBLE.search(value):
            raise _unreadable()
    elif isinstance(value, list | dict):
        if not levels:
            raise _unreadable()
        for each in value if isinstance(value, list) else [*value, *value.values()]:
            _check(each, levels - 1)
