"""What can be wrong with a unit tree or a list of units."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from openbureau.base.errors import Invalid, OperatorError
from openbureau.base.i18n import N_


class UnitCycle(Invalid):
    """Units that are, by their parents, above themselves. `codes` names them in order."""

    code = "UNIT-011"
    what = N_("单位的上级关系成环：%(codes)s。")
    unaffected = N_("单位树没有改动。")
    remedy = N_("请为其中一个单位选择另外的上级单位。")

    def __init__(self, codes: Sequence[str]) -> None:
        super().__init__(codes=" → ".join(codes))
        self.codes = tuple(codes)


class UnitRefused(Invalid):
    """A change of the tree that cannot be; `field` is where the form says so."""

    code = "UNIT-020"
    unaffected = N_("单位树没有改动。")
    remedy = ""

    def __init__(self, field: str, what: str, /, **params: Any) -> None:
        super().__init__(what, **params)
        self.field = field


@dataclass(frozen=True, slots=True)
class ListFault:
    """One fault of a unit list: line number (0 = whole list), unit code, both sentences."""

    line: int
    code: str
    zh: str
    en: str


class UnitListRefused(OperatorError):
    """The list was not taken; `faults` holds every fault found, not only the first."""

    def __init__(self, faults: Sequence[ListFault]) -> None:
        self.faults = tuple(faults)
        super().__init__(
            "UNIT-012",
            f"单位名录有 {len(faults)} 处问题，单位树没有改动。请改正后重新导入："
            + "；".join(_placed(fault.line, "第 %d 行", fault.zh) for fault in faults),
            f"The unit list has {len(faults)} fault(s); the unit tree is unchanged. "
            "Correct them and import again: "
            + "; ".join(_placed(fault.line, "line %d", fault.en) for fault in faults),
        )


def _placed(line: int, place: str, sentence: str) -> str:
    return f"{place % line}: {sentence}" if line else sentence
