"""Building the index anew: complete, without what is gone, whenever it is cut off."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest

from openbureau.base.database import writing
from openbureau.kernel.search.actions import Findable, index_record
from openbureau.kernel.search.building import AT_ONCE, Built, build_index
from openbureau.kernel.search.models import SearchEntry
from openbureau.testing.bureau import Bureau

NOW = dt.datetime(2026, 11, 23, 1, 0, tzinfo=dt.UTC)
REALM = "demo/note"
CONSOLE = "/-/console/search"


def note(number: int) -> Findable:
    return Findable(realm=REALM, record_id=number, plugin="demo", title=f"第{number}号", at=NOW)


class Notes:
    """Every record there is, read as the index asks for it; fails once after some pages."""

    def __init__(self, *numbers: int, fails_after: int = -1) -> None:
        self._numbers = sorted(numbers)
        self._left = fails_after

    def __call__(self, after: int, limit: int) -> Sequence[Findable]:
        if self._left == 0:
            raise RuntimeError("cut off")
        self._left -= 1
        return [note(number) for number in self._numbers if number > after][:limit]


def found() -> list[int]:
    with writing():
        rows: Any = SearchEntry.select(SearchEntry.record_id).where(SearchEntry.realm == REALM)
        return sorted(record_id for (record_id,) in rows.tuples())


def test_what_is_gone_goes_and_what_was_missing_comes(database: str) -> None:
    with writing():
        for number in (2, 5, 2000, 2001):
            index_record(note(number))
    kept = [*range(3, AT_ONCE + 60), 1500, 2001]
    assert build_index(REALM, Notes(*kept)) == Built(len(kept), 2)
    assert found() == kept


def test_other_kinds_are_left_alone(database: str) -> None:
    other = Findable(realm="demo/other", record_id=7, plugin="demo", title="别的", at=NOW)
    with writing():
        index_record(other)
    assert build_index(REALM, Notes(1)) == Built(1, 0)
    assert build_index(REALM, Notes()) == Built(0, 1)
    assert SearchEntry.select().where(SearchEntry.realm == "demo/other").count() == 1


def test_one_that_was_cut_off_begins_again(database: str) -> None:
    numbers = range(1, 3 * AT_ONCE)
    told: list[tuple[int, int]] = []
    with pytest.raises(RuntimeError):
        build_index(REALM, Notes(*numbers, fails_after=2), lambda *done: told.append(done))
    assert (len(found()), told) == (2 * AT_ONCE, [(500, 500), (1000, 1000)])
    assert build_index(REALM, Notes(*numbers)) == Built(len(numbers), 0)
    assert found() == list(numbers)


def test_an_administrator_builds_it_from_the_console(bureau: Bureau) -> None:
    with writing():
        SearchEntry.update(title="旧").where(SearchEntry.realm == "core/account").execute()
    system = bureau.sign_in("system")
    assert "人员" in system.get(CONSOLE).words
    answer = system.post(CONSOLE, {"realm": "core/account"})
    assert answer.status == 303
    bureau.run_jobs()
    assert "完成" in system.get(CONSOLE).words
    assert not SearchEntry.select().where(SearchEntry.title == "旧").count()
    assert bureau.rows("SELECT realm FROM audit_record WHERE action = 'core.build_index'") == [
        ("core/account",)
    ]


def test_no_such_kind_can_be_built(bureau: Bureau) -> None:
    system = bureau.sign_in("system")
    system.get(CONSOLE)
    assert system.post(CONSOLE, {"realm": "demo/unknown"}).status == 404
    assert bureau.sign_in("li").get(CONSOLE).status == 403


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("unit=999999", "没有按它缩小范围"),
        ("type=bogus", "没有按它缩小范围"),
        ("when=1999", "没有按它缩小范围"),
        ("unit=530400&unit=530100", "参数 unit 给了几个不同的值，只有最后一个「530100」有效"),
    ],
)
def test_what_cannot_narrow_a_search_is_told(bureau: Bureau, asked: str, told: str) -> None:
    words = bureau.sign_in("li").get(f"/-/search?q=昆明&{asked}").words
    assert told in words
    assert "五华区局" in words
