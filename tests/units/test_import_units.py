"""Taking a list of units into the tree."""

from pathlib import Path

import pytest

from openbureau.base.database import reading, writing
from openbureau.base.errors import OperatorError
from openbureau.kernel.enablement.models import Epoch
from openbureau.kernel.units.actions import (
    Imported,
    UnitRow,
    import_units,
    read_unit_list,
    rebuild_paths,
)
from openbureau.kernel.units.errors import UnitCycle, UnitListRefused
from openbureau.kernel.units.listing import units_listing
from openbureau.kernel.units.models import Node, Unit
from openbureau.kernel.units.queries import current_tree, unit_tree

HEAD = "code,name,short_name,kind,parent,region,access_unit,name_source\n"
LIST = HEAD + (
    "530000-01,办公室,办公室,office,530000,530000,0,assumed\n"
    "530102,昆明市五华区质量技术监督局,五华区局,county,530100,530102,1,\n"
    "530000,云南省质量技术监督局,省局,province,,530000,1,plan\n"
    "530100,昆明市质量技术监督局,昆明市局,prefecture,530000,530100,1,\n"
)


def listed(folder: Path, text: str = LIST, encoding: str = "utf-8") -> list[UnitRow]:
    path = folder / "units.csv"
    path.write_bytes(text.encode(encoding))
    return read_unit_list(path)


def imported(rows: list[UnitRow]) -> Imported:
    with writing():
        node = Node.get_or_none(Node.is_self) or Node.create(name="本机", is_self=True)
        return import_units(rows, node)


def test_a_list_becomes_a_tree_whatever_its_order(database: str, tmp_path: Path) -> None:
    assert imported(listed(tmp_path)) == Imported(4, 0, 0)
    with reading():
        tree = current_tree()
    office, county = tree.by_code["530000-01"], tree.by_code["530102"]
    root, city = tree.by_code["530000"], tree.by_code["530100"]
    assert county.path == f"/{root.id}/{city.id}/{county.id}/"
    assert [unit.code for unit in tree.ancestors(county.id)] == ["530100", "530000"]
    assert (office.is_access_unit, office.access_unit_id) == (False, root.id)
    assert office.is_name_assumed
    assert tree.subtree_ids(city.id) == (city.id, county.id)
    assert [unit.code for unit in tree.nodes] == ["530000", "530000-01", "530100", "530102"]


def test_the_same_list_again_changes_nothing(database: str, tmp_path: Path) -> None:
    imported(listed(tmp_path))
    with reading():
        before = list(Unit.select().dicts()), Epoch.get().units
    assert imported(listed(tmp_path)) == Imported(0, 0, 4)
    with reading():
        assert (list(Unit.select().dicts()), Epoch.get().units) == before


def test_a_move_rewrites_the_paths_below(database: str, tmp_path: Path) -> None:
    imported(listed(tmp_path))
    moved = LIST.replace("county,530100", "county,530000").replace("五华区局", "五华局")
    assert imported(listed(tmp_path, moved)) == Imported(0, 1, 3)
    with reading():
        tree = current_tree()
    county = tree.by_code["530102"]
    assert (county.depth, county.path) == (1, f"/{tree.roots[0].id}/{county.id}/")
    assert "whj" in county.initials.split()


def test_units_absent_from_a_list_stay(database: str, tmp_path: Path) -> None:
    imported(listed(tmp_path))
    more = HEAD + "530103,昆明市盘龙区质量技术监督局,盘龙区局,county,530100,530103,1,\n"
    assert imported(listed(tmp_path, more)) == Imported(1, 0, 0)
    with reading():
        assert Unit.select().count() == 5


def test_every_fault_is_named_and_nothing_written(database: str, tmp_path: Path) -> None:
    faulty = LIST + (
        "530000,又一个省局,省局,province,,530000,1,\n"
        "530900,临沧市局,,town,539999,530900,1,\n"
        "531000,,无名,county,530100,531000,1,\n"
        "A1,甲,甲,zone,A2,530000,1,\n"
        "A2,乙,乙,zone,A1,530000,1,\n"
        "B1,另一个根,根,zone,,530000,1,\n"
    )
    with pytest.raises(UnitListRefused) as refused:
        imported(listed(tmp_path, faulty))
    said = str(refused.value)
    for words in (
        "530000 重复",
        "539999 不存在",
        "'town' 未知",
        "531000 的名称为空",
        "A1 → A2 → A1",
    ):
        assert words in said
    assert "530000, B1" in said
    assert {fault.line for fault in refused.value.faults} >= {0, 6, 7, 8}
    with reading():
        assert Unit.select().count() == 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_lists_from_any_spreadsheet_are_read(tmp_path: Path, encoding: str) -> None:
    assert listed(tmp_path, encoding=encoding)[1].short_name == "五华区局"


@pytest.mark.parametrize(
    ("content", "code"), [(b"code,name\n1,a\n", "UNIT-012"), (b"\xff\xfe\x00\x80", "UNIT-014")]
)
def test_what_is_no_list_is_refused_by_name(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "units.csv"
    path.write_bytes(content)
    with pytest.raises(OperatorError) as refused:
        read_unit_list(path)
    assert refused.value.code == code


def test_a_cycle_in_the_rows_is_named(database: str, tmp_path: Path) -> None:
    imported(listed(tmp_path))
    with writing():
        Unit.update(parent=Unit.get(Unit.code == "530102")).where(Unit.code == "530100").execute()
    with pytest.raises(UnitCycle) as cycle, writing():
        rebuild_paths()
    assert cycle.value.codes == ("530100", "530102", "530100")
    with reading():
        assert Unit.get(Unit.code == "530100").depth == 1


def test_the_picture_is_kept_until_the_counter_moves(database: str, tmp_path: Path) -> None:
    imported(listed(tmp_path))
    with reading():
        version = Epoch.get().units
        tree = unit_tree(version)
        assert unit_tree(version) is tree
        assert unit_tree(version + 1) is not tree


def test_units_are_found_by_name_sound_and_code(database: str, tmp_path: Path) -> None:
    imported(listed(tmp_path))
    with reading():
        tree = current_tree()
    for words in ("五华", "whqj", "530102", "wuhua", "昆明市五华区"):
        assert [unit.code for unit in tree.found(words)] == ["530102"]
    assert len(tree.found("昆明", limit=1)) == 1


def test_the_listing_counts_access_units_and_sections(database: str, tmp_path: Path) -> None:
    imported(listed(tmp_path))
    with reading():
        listing = units_listing(current_tree())
    assert (listing["access_units"], listing["sections"]) == (3, 1)
    assert listing["units"][1] == {
        "code": "530000-01",
        "name": "办公室",
        "kind": "office",
        "parent": "530000",
        "access_unit": "530000",
        "is_active": True,
    }
