"""Values of a register's columns as JSON texts, as histories and imports keep them."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.kinds import Kind

_encode = msgspec.json.Encoder(order="sorted").encode


def exchanged(register: Register, values: Mapping[str, Any]) -> str:
    """Values of columns as JSON text; what is no column (`extra`) as it is."""
    exchange = _exchanging(register)
    return _encode(
        {
            name: exchange[name](value) if name in exchange else value
            for name, value in values.items()
        }
    ).decode()


@lru_cache(maxsize=256)
def _exchanging(register: Register) -> Mapping[str, Callable[[Any], Any]]:
    """How those columns exchange their values that do not do so as they are."""
    return {
        name: kind.exchanged
        for name, kind in register.kinds.items()
        if type(kind).exchanged is not Kind.exchanged
    }


def kept_values(register: Register, given: Mapping[str, Any]) -> dict[str, Any]:
    """Values to keep, of what `exchanged` gave once it was decoded."""
    kinds = register.kinds
    return {
        name: kinds[name].kept(value) if name in kinds else value for name, value in given.items()
    }
