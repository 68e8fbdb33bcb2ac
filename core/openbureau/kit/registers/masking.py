"""Personal data as those see it who need not: enough to recognise, too little to use."""

from collections.abc import Callable, Mapping

from openbureau.base.context import NOWHERE, Context
from openbureau.kit.registers.declared import Register

HIDDEN = "*"


def _middle(head: int, tail: int) -> Callable[[str], str]:
    def mask(text: str) -> str:
        if len(text) <= head + tail:
            return text[:1] + HIDDEN * (len(text) - 1)
        kept = text[len(text) - tail :] if tail else ""
        return text[:head] + HIDDEN * (len(text) - head - tail) + kept

    return mask


def _mail(text: str) -> str:
    name, at, host = text.partition("@")
    return f"{name[:1]}{HIDDEN * 3}{at}{host}"


def _address(text: str) -> str:
    return text[:6] + HIDDEN * 3 if len(text) > 6 else HIDDEN * 3


_MASKS: Mapping[str, Callable[[str], str]] = {
    "name": _middle(1, 0),
    "phone": _middle(3, 2),
    "mobile": _middle(3, 4),
    "id_number": _middle(6, 2),
    "address": _address,
    "mail": _mail,
}


def masked(kind: str, text: str) -> str:
    """The text with its telling part hidden; "" stays "". `kind` is a column's `personal`."""
    return _MASKS[kind](text) if text else ""


def is_masked_form(kind: str, value: str | None, given: str) -> bool:
    """Whether what was given is nothing but the value as it was shown, masked."""
    return HIDDEN in given and masked(kind, str(value or "")) == given


def masked_columns(ctx: Context, register: Register, unit_id: int | None) -> frozenset[str]:
    """The columns that a person sees masked in records of a unit."""
    named = register.personal_names
    is_seen = not named or (unit_id is not None and ctx.may_in(register.personal, unit_id))
    return frozenset() if is_seen else named


def hidden_columns(ctx: Context, register: Register) -> frozenset[str]:
    """The columns nothing may be asked by: somewhere in the person's reach they see them
    masked, and asking would tell what the mask hides."""
    named = register.personal_names
    if not named:
        return named
    read = ctx.reach.get(register.read, NOWHERE)
    plain = ctx.reach.get(register.personal, NOWHERE)
    is_all_seen = plain.is_everywhere or (
        bool(plain.units) and not read.is_everywhere and read.units <= plain.units
    )
    return frozenset() if is_all_seen else named
