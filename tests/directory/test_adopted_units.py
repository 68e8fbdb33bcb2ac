"""Units of the official list that a directory adopts: from then on it says what they are called."""

from collections.abc import Callable

import pytest

from openbureau.base.database import writing
from openbureau.kernel.directory.sync import Report, synchronise
from openbureau.kernel.units.changes import move_unit, recode_unit, rename_unit
from openbureau.kernel.units.errors import UnitRefused
from openbureau.kernel.units.lineage import Deed
from openbureau.kernel.units.models import Node, Unit
from openbureau.testing.directory import NOW, config_for, county_dn
from openbureau.testing.slapd import Slapd

pytestmark = [pytest.mark.slapd, pytest.mark.usefixtures("database")]

NOTHING = {"create": 0, "update": 0, "move": 0, "disable": 0, "conflict": 0}


def sync(server: Slapd, *, is_dry_run: bool = False) -> Report:
    return synchronise(config_for(server), is_dry_run=is_dry_run, now=NOW)


def unit(code: str) -> Unit:
    found: Unit = Unit.get(Unit.code == code)
    return found


def test_units_of_the_official_list_are_adopted_by_code(slapd: Slapd) -> None:
    with writing():
        node = Node.create(name="省局", is_self=True)
        listed = Unit.create(
            code="530000",
            name="云南省质量技术监督局",
            short_name="省局",
            kind="province",
            home_node=node,
        )
    report = sync(slapd)
    assert report.units == {**NOTHING, "create": 25, "update": 1, "unchanged": 0}
    adopted = Unit.get_by_id(listed.id)
    assert (adopted.name, adopted.source) == ("云南省质量技术监督局", "list")
    assert adopted.external_id is not None
    assert unit("530100").parent == adopted


def test_adopted_unit_is_renamed_by_the_directory_alone(slapd: Slapd) -> None:
    with writing():
        node = Node.create(name="省局", is_self=True)
        names = {"name": "第00县局", "short_name": "零零局"}
        Unit.create(code="530120", kind="county", home_node=node, **names)
    sync(slapd)
    adopted = unit("530120")
    assert (adopted.source, bool(adopted.external_id)) == ("list", True)
    deed = Deed(NOW.date(), NOW, "编办〔2025〕1号")
    changes: tuple[Callable[[], object], ...] = (
        lambda: rename_unit(deed, adopted, "另名局", ""),
        lambda: move_unit(deed, adopted, unit("530200")),
        lambda: recode_unit(deed, adopted, "530999"),
    )
    for change in changes:
        with pytest.raises(UnitRefused, match="会被下次同步改回"), writing():
            change()
    renamed = f"dn: {county_dn(0, 0)}\nchangetype: modrdn\nnewrdn: ou=新名局\ndeleteoldrdn: 1\n\n"
    slapd.modify(renamed)
    report = sync(slapd, is_dry_run=True)
    assert report.units == {**NOTHING, "update": 1, "unchanged": 25}
    assert any("新名局" in shown for shown in report.lines)
    sync(slapd)
    assert unit("530120").name == "新名局"
