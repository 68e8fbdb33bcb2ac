"""A plan as it is stored: line by line in canonical JSON, compressed, because the plan of a
first synchronisation is many megabytes and never held as one text."""

import base64
import zlib
from typing import Any

import msgspec

from openbureau.kernel.directory.plan import Change, Plan, RoleChange

_PARTS: tuple[tuple[str, Any], ...] = (
    ("units", Change),
    ("people", Change),
    ("renamed_entries", tuple[int, str]),
    ("roles", RoleChange),
)
_PLAIN = ("unchanged_units", "unchanged_people", "blocked", "base", "recent")


def encoded(plan: Plan) -> str:
    """The stored form of a plan."""
    encode = msgspec.json.Encoder(order="deterministic").encode
    squeeze = zlib.compressobj(6)
    squeezed = [squeeze.compress(encode([getattr(plan, name) for name in _PLAIN]) + b"\n")]
    for name, _ in _PARTS:
        lines = getattr(plan, name)
        squeezed.append(squeeze.compress(f"{len(lines)}\n".encode()))
        squeezed.extend(squeeze.compress(encode(line) + b"\n") for line in lines)
    squeezed.append(squeeze.flush())
    return base64.b64encode(b"".join(squeezed)).decode("ascii")


def decoded(text: str) -> Plan:
    """The plan of a stored form."""
    head, *lines = zlib.decompress(base64.b64decode(text)).splitlines()
    # A plan stored by an earlier release ends before `recent`.
    unchanged_units, unchanged_people, blocked, base, *recent = msgspec.json.decode(head)
    fields: dict[str, Any] = {}
    at = 0
    for name, kind in _PARTS:
        decoder = msgspec.json.Decoder(kind)
        count = int(lines[at])
        fields[name] = tuple(map(decoder.decode, lines[at + 1 : at + 1 + count]))
        at += 1 + count
    return Plan(
        unchanged_units=unchanged_units,
        unchanged_people=unchanged_people,
        blocked=tuple(blocked),
        base=base,
        recent=recent[0] if recent else 0,
        **fields,
    )
