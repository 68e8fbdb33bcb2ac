"""Changing the tree: dated lineage, nothing deleted, impossible changes refused whole."""

import datetime as dt
import json
from collections.abc import Callable
from random import Random

import pytest
from click.testing import CliRunner

from openbureau.base.context import CHINA
from openbureau.base.database import reading, writing
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.units.changes import (
    change_contacts,
    close_unit,
    create_unit,
    merge_units,
    move_unit,
    place_of,
    place_unit,
    recode_unit,
    rename_unit,
    reopen_unit,
    split_unit,
    unit_by_code,
)
from openbureau.kernel.units.errors import UnitRefused
from openbureau.kernel.units.lineage import Deed, history_of, unit_name_on
from openbureau.kernel.units.models import Unit
from openbureau.kernel.units.queries import current_tree
from openbureau.shell.cli.root import root
from openbureau.testing.bureau import Bureau


def deed(bureau: Bureau, earlier_days: int = 0, basis: str = "云质监发〔2026〕8号") -> Deed:
    today = bureau.now.astimezone(CHINA).date()
    return Deed(today - dt.timedelta(days=earlier_days), bureau.now, basis)


def kinds(code: str) -> list[str]:
    return [event["kind"] for event in history_of(unit_by_code(code).id)]


def people_in(code: str) -> list[str]:
    unit = unit_by_code(code)
    rows = Account.select(Account.login).join(Post).where((Post.unit == unit) & Post.is_active)
    return sorted(row.login for row in rows)


def test_the_old_name_answers_for_days_before(either_bureau: Bureau) -> None:
    with writing():
        unit = unit_by_code("530102")
        rename_unit(deed(either_bureau, 100), unit, "五华区市场监督管理局", "五华区局")
        rename_unit(deed(either_bureau, 10), unit, "五华区质量局", "五华质量局")
    today = either_bureau.now.astimezone(CHINA).date()
    names = [unit_name_on(unit.id, today - dt.timedelta(days=days)) for days in (101, 100, 50, 10)]
    assert names == [
        "昆明市五华区质量技术监督局",
        "五华区市场监督管理局",
        "五华区市场监督管理局",
        "五华区质量局",
    ]
    assert kinds("530102") == ["renamed", "renamed"]
    [first, _] = history_of(unit.id)
    assert first["basis"] == "云质监发〔2026〕8号"


def test_new_unit_stands_last_and_is_found(either_bureau: Bureau) -> None:
    with writing():
        made = create_unit(
            deed(either_bureau),
            code="530104",
            name="昆明市官渡区质量技术监督局",
            short_name="官渡区局",
            kind="county",
            parent=unit_by_code("530100"),
        )
    with reading():
        tree = current_tree()
    assert [u.code for u in tree.children(tree.by_code["530100"].id)][-1] == "530104"
    assert tree.by_code["530104"].access_unit_id == made.id
    assert "官渡区局" in either_bureau.sign_in("li").get("/-/units?q=gdq").words


def test_moving_takes_everything_below_along(either_bureau: Bureau) -> None:
    with writing():
        move_unit(deed(either_bureau), unit_by_code("530100"), unit_by_code("530400"))
    with reading():
        tree = current_tree()
    above = [unit.code for unit in tree.ancestors(tree.by_code["530102"].id)]
    assert above == ["530100", "530400", "530000"]
    assert kinds("530100") == ["moved"]


def test_merging_moves_people_and_units_and_closes(either_bureau: Bureau) -> None:
    with writing():
        merge_units(deed(either_bureau), unit_by_code("530400"), unit_by_code("530100"))
        merge_units(deed(either_bureau), unit_by_code("530103"), unit_by_code("530102"))
    with reading():
        tree = current_tree()
    assert not tree.by_code["530400"].is_active
    assert tree.by_code["530402"].parent_id == tree.by_code["530100"].id
    assert people_in("530102") == ["sun", "zhang", "zhou"]
    assert people_in("530103") == []
    assert kinds("530103") == ["merged", "closed"]
    other = history_of(unit_by_code("530102").id)[0]["other"]
    assert other == ("530103", "昆明市盘龙区质量技术监督局")
    assert "五华区局" in either_bureau.sign_in("sun").get("/").words


def test_splitting_takes_the_chosen_people(either_bureau: Bureau) -> None:
    zhou = Account.get(Account.login == "zhou")
    with writing():
        split_unit(
            deed(either_bureau),
            unit_by_code("530102"),
            code="530199",
            name="五华区新局",
            short_name="新局",
            people=[zhou.id],
        )
    assert people_in("530199") == ["zhou"]
    assert people_in("530102") == ["zhang"]
    assert kinds("530199") == ["created", "split"]
    assert kinds("530102") == ["split"]


def test_closed_unit_keeps_its_row_and_opens_again(either_bureau: Bureau) -> None:
    with writing():
        close_unit(deed(either_bureau), unit_by_code("530100-K1"))
    assert "高新分局" not in either_bureau.sign_in("li").get("/-/units/530100").words
    with writing():
        reopen_unit(deed(either_bureau), unit_by_code("530100-K1"))
    assert kinds("530100-K1") == ["closed", "reopened"]
    assert unit_by_code("530100-K1").is_active


def test_order_is_by_place_among_siblings(either_bureau: Bureau) -> None:
    with writing():
        place_unit(deed(either_bureau), unit_by_code("530100-K1"), 1)
    with reading():
        tree = current_tree()
    codes = [unit.code for unit in tree.children(tree.by_code["530100"].id)]
    assert codes == ["530100-K1", "530102", "530103"]
    assert place_of(unit_by_code("530103")) == (3, 3)
    with writing():
        place_unit(deed(either_bureau), unit_by_code("530100-K1"), 99)
    assert place_of(unit_by_code("530100-K1")) == (3, 3)


def test_code_and_contacts_change(either_bureau: Bureau) -> None:
    with writing():
        unit = unit_by_code("530103")
        recode_unit(deed(either_bureau), unit, "530193")
        change_contacts(deed(either_bureau), unit, {"phone": "0871-6543210", "fax": ""})
    assert unit_by_code("530193").phone == "0871-6543210"
    rows = either_bureau.rows("SELECT action FROM audit_record WHERE action LIKE ?", ("%unit%",))
    assert {row[0] for row in rows} == {"core.recode_unit", "core.change_unit_contacts"}


IMPOSSIBLE = {
    "cycle": lambda d: move_unit(d, unit_by_code("530100"), unit_by_code("530102")),
    "itself": lambda d: move_unit(d, unit_by_code("530100"), unit_by_code("530100")),
    "root moves": lambda d: move_unit(d, unit_by_code("530000"), unit_by_code("530100")),
    "staff remains": lambda d: close_unit(d, unit_by_code("530102")),
    "units remain": lambda d: close_unit(d, unit_by_code("530000")),
    "merge below": lambda d: merge_units(d, unit_by_code("530100"), unit_by_code("530102")),
    "merge itself": lambda d: merge_units(d, unit_by_code("530102"), unit_by_code("530102")),
    "code taken": lambda d: recode_unit(d, unit_by_code("530102"), "530103"),
    "code strange": lambda d: recode_unit(d, unit_by_code("530102"), "五三"),
    "name taken": lambda d: rename_unit(
        d, unit_by_code("530102"), "昆明市盘龙区质量技术监督局", ""
    ),
    "no name": lambda d: rename_unit(d, unit_by_code("530102"), "  ", ""),
    "not closed": lambda d: reopen_unit(d, unit_by_code("530102")),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_impossible_change_is_refused_whole(bureau: Bureau, name: str) -> None:
    before = bureau.rows("SELECT * FROM unit ORDER BY id"), bureau.rows("SELECT * FROM unit_event")
    with pytest.raises(UnitRefused), writing():
        IMPOSSIBLE[name](deed(bureau))
    assert before == (
        bureau.rows("SELECT * FROM unit ORDER BY id"), bureau.rows("SELECT * FROM unit_event"),
    )  # fmt: skip


def test_future_and_disordered_days_are_refused(bureau: Bureau) -> None:
    unit = unit_by_code("530102")
    with pytest.raises(UnitRefused), writing():
        rename_unit(deed(bureau, -1), unit, "新名", "")
    with writing():
        rename_unit(deed(bureau, 5), unit, "新名", "")
    with pytest.raises(UnitRefused), writing():
        rename_unit(deed(bureau, 6), unit, "更早的名", "")


def test_directory_owns_name_place_and_existence(bureau: Bureau) -> None:
    with writing():
        Unit.update(source="ldap", external_id="x").where(Unit.code == "530103").execute()
    changes: tuple[Callable[[Unit], object], ...] = (
        lambda unit: rename_unit(deed(bureau), unit, "新名", ""),
        lambda unit: move_unit(deed(bureau), unit, unit_by_code("530400")),
        lambda unit: merge_units(deed(bureau), unit, unit_by_code("530102")),
    )
    for change in changes:
        with pytest.raises(UnitRefused, match="目录"), writing():
            change(unit_by_code("530103"))
    with writing():
        change_contacts(deed(bureau), unit_by_code("530103"), {"phone": "1"})


def test_random_changes_keep_the_tree_whole(bureau: Bureau) -> None:
    rng = Random(7)
    done = 0
    for number in range(120):
        units = list(Unit.select())
        one, other = rng.choice(units), rng.choice(units)
        choice = rng.randrange(6)
        try:
            with writing():
                if choice == 0:
                    create_unit(deed(bureau), code=f"X{number}", name=f"单位{number}",
                                short_name="", kind="county", parent=one)  # fmt: skip
                elif choice == 1:
                    move_unit(deed(bureau), one, other)
                elif choice == 2:
                    merge_units(deed(bureau), one, other)
                elif choice == 3:
                    close_unit(deed(bureau), one)
                elif choice == 4:
                    reopen_unit(deed(bureau), one)
                else:
                    place_unit(deed(bureau), one, rng.randrange(1, 9))
            done += 1
        except UnitRefused:
            continue
    assert done > 30
    check_tree()


def check_tree() -> None:
    """Paths, depths and access units follow the parents; open units stand below open ones."""
    rows = {row.id: row for row in Unit.select()}
    for row in rows.values():
        above = rows[row.parent_id] if row.parent_id else None
        assert row.path == f"{above.path if above else '/'}{row.id}/"
        assert row.depth == (above.depth + 1 if above else 0)
        own = row.id if row.is_access_unit else above and above.access_unit_id
        assert row.access_unit_id == own
        assert not row.is_active or above is None or above.is_active
    staffed = {row.unit_id for row in Post.select().where(Post.is_active)}
    assert all(rows[unit_id].is_active for unit_id in staffed)


def run(bureau: Bureau, *arguments: str) -> tuple[int, str]:
    data = str(bureau.installation.settings.data)
    done = CliRunner().invoke(root, ["--data", data, "unit", *arguments])
    return done.exit_code, done.output if done.exit_code else done.stdout


def test_commands_change_the_tree(bureau: Bureau) -> None:
    basis = ("--basis", "编办〔2026〕3号", "--json")
    for arguments in (
        ("add", "530105", "西山区局", "--parent", "530100", "--kind", "county"),
        ("rename", "530105", "西山区质量技术监督局", "--short-name", "西山区局"),
        ("move", "530105", "530400"),
        ("recode", "530105", "530405"),
        ("contacts", "530405", "--phone", "0877-1"),
        ("split", "530405", "530406", "新分局"),
        ("merge", "530406", "530405"),
        ("close", "530405"),
        ("reopen", "530405"),
    ):
        status, output = run(bureau, *arguments, *basis)
        assert status == 0, output
        assert json.loads(output)["applied"] is True
    _, output = run(bureau, "history", "530405", "--json")
    found = [event["kind"] for event in json.loads(output)]
    assert found == [
        "created", "renamed", "moved", "recoded", "split", "merged", "closed", "reopened",
    ]  # fmt: skip


def test_dry_run_writes_nothing(bureau: Bureau) -> None:
    before = bureau.rows("SELECT * FROM unit ORDER BY id")
    status, output = run(bureau, "move", "530102", "530400", "--dry-run", "--json")
    assert status == 0
    assert json.loads(output)["applied"] is False
    assert bureau.rows("SELECT * FROM unit ORDER BY id") == before


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("close", "530102"), "UNIT-020"), (("close", "nowhere"), "UNIT-001"),
     (("rename", "530102", "x", "--on", "2099-01-01"), "UNIT-020")],
)  # fmt: skip
def test_refused_commands_say_why(bureau: Bureau, arguments: tuple[str, ...], code: str) -> None:
    status, output = run(bureau, *arguments)
    assert status == 1
    assert f"[{code}]" in output
