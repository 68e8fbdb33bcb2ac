"""People as vCards (RFC 6350 version 4.0, RFC 2426 version 3.0)."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

FOLD_BYTES = 75
Version = Literal["4.0", "3.0"]


@dataclass(frozen=True, slots=True)
class Card:
    """One person as others reach them. `organisation` goes from the whole to the part."""

    uid: str
    name: str
    organisation: Sequence[str]
    title: str
    phone: str
    mobile: str
    mail: str
    room: str


def vcards(cards: Iterable[Card], version: Version = "4.0") -> str:
    """A .vcf text of these people, its lines folded and ended as the standard wants."""
    return "".join(_vcard(card, version) for card in cards)


def _vcard(card: Card, version: Version) -> str:
    is_new = version == "4.0"
    tel = ";VALUE=uri" if is_new else ""
    lines = [
        "BEGIN:VCARD",
        f"VERSION:{version}",
        f"UID:{uuid.UUID(card.uid).urn}",
        f"FN:{_text(card.name)}",
        f"N:{_text(card.name)};;;;",
        f"ORG:{';'.join(_text(part) for part in card.organisation)}",
    ]
    if card.title:
        lines.append(f"TITLE:{_text(card.title)}")
    for number, kind in ((card.phone, "work,voice"), (card.mobile, "cell")):
        if number:
            quoted = f'"{kind}"' if is_new and "," in kind else kind
            value = f"tel:{_dialled(number)}" if is_new else _text(number)
            lines.append(f"TEL{tel};TYPE={quoted}:{value}")
    if card.mail:
        lines.append(f"EMAIL;TYPE=work:{_text(card.mail)}")
    if card.room:
        lines.append(f"ADR;TYPE=work:;{_text(card.room)};;;;;")
    lines.append("END:VCARD")
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return "\\n".join(escaped.splitlines())


def _dialled(number: str) -> str:
    """A number as a `tel:` address holds it."""
    return "".join(character for character in number if character in "+0123456789-")


def _folded(line: str) -> str:
    """The line in pieces of at most 75 bytes, no character cut apart."""
    pieces, piece, size = [], "", 0
    for character in line:
        width = len(character.encode())
        if size + width > FOLD_BYTES:
            pieces.append(piece)
            piece, size = " ", 1
        piece += character
        size += width
    return "\r\n".join([*pieces, piece])
