"""Reads of how a unit's pages look: theme, name and logo, inherited down the tree."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openbureau.kernel.appearance.models import Appearance
from openbureau.kernel.files.models import StoredFile
from openbureau.kernel.units.queries import UnitTree, unit_tree


@dataclass(frozen=True, slots=True)
class Look:
    """What holds for a unit; an empty value means that nobody up the tree chose one.

    `logo` is the sha256 of the picture.
    """

    theme: str = ""
    name: str = ""
    logo: str = ""


NOTHING = Look()


class Looks:
    """Every unit's own choices as they stood at one change counter. Never changes."""

    def __init__(self, chosen: Mapping[tuple[str, int], Look], tree: UnitTree) -> None:
        self._chosen = chosen
        self._tree = tree

    def of_unit(self, unit_id: int | None, zone: str) -> Look:
        """What holds for a unit on a site; each value from the nearest unit that chose it.

        Without a unit it is what the root chose: the look before signing in.
        """
        if not self._chosen:
            return NOTHING
        if unit_id is None:
            above = self._tree.roots[:1]
        else:
            above = (self._tree.by_id[unit_id], *self._tree.ancestors(unit_id))
        looks = [look for node in above if (look := self._chosen.get((zone, node.id)))]
        return Look(
            next((look.theme for look in looks if look.theme), ""),
            next((look.name for look in looks if look.name), ""),
            next((look.logo for look in looks if look.logo), ""),
        )

    def logos(self) -> frozenset[str]:
        """Digests of every logo in use: these pictures may be fetched by anybody."""
        return frozenset(look.logo for look in self._chosen.values() if look.logo)


_lock = threading.Lock()
_kept: tuple[int, Looks] | None = None


def looks(units_epoch: int) -> Looks:
    """The picture at this `Epoch.units`, read once per process and change."""
    global _kept  # noqa: PLW0603 - one picture per process, swapped whole
    kept = _kept
    if kept is None or kept[0] != units_epoch:
        with _lock:
            _kept = kept = (units_epoch, Looks(_chosen(), unit_tree(units_epoch)))
    return kept[1]


def _chosen() -> dict[tuple[str, int], Look]:
    rows: Any = (
        Appearance.select(
            Appearance.zone,
            Appearance.unit.alias("unit_id"),
            Appearance.theme,
            Appearance.name,
            StoredFile.digest,
        )
        .left_outer_join(StoredFile)
        .tuples()
    )
    return {
        (zone, unit_id): Look(theme, name, digest or "")
        for zone, unit_id, theme, name, digest in rows
    }
