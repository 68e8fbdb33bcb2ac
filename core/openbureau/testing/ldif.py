"""Writing LDIF for a test directory."""

import base64
from collections.abc import Iterable, Mapping, Sequence

Values = str | bytes | Sequence[str | bytes]


def ldif(entries: Iterable[tuple[str, Mapping[str, Values]]]) -> str:
    """The entries as LDIF; every value that is not plain ASCII in base64."""
    lines = []
    for dn, attributes in entries:
        lines.append(_line("dn", dn))
        for name, values in attributes.items():
            several = [values] if isinstance(values, str | bytes) else values
            lines.extend(_line(name, value) for value in several)
        lines.append("")
    return "\n".join(lines) + "\n"


def _line(name: str, value: str | bytes) -> str:
    raw = value.encode() if isinstance(value, str) else value
    is_plain = raw.isascii() and raw.decode("ascii", "replace").isprintable()
    if is_plain and raw[:1] not in {b" ", b":", b"<"} and raw[-1:] != b" ":
        return f"{name}: {raw.decode()}"
    return f"{name}:: {base64.b64encode(raw).decode()}"
