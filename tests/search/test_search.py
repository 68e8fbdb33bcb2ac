"""Finding records: by any word in them, and only those a person may see."""

import datetime as dt
from collections.abc import Callable

import pytest

from openbureau.base.database import reading, writing
from openbureau.kernel.access.models import Participant
from openbureau.kernel.search.actions import index_record, unindex_record
from openbureau.kernel.search.queries import Found, search
from openbureau.kernel.search.tokens import marked, stream
from openbureau.kernel.units.actions import UnitRow, import_units
from openbureau.kernel.units.models import Node, Unit

NOW = dt.datetime(2026, 11, 23, 1, 0, tzinfo=dt.UTC)
REALM = "demo/note"


def ask(words: str, **given: object) -> Found:
    options: dict[str, object] = {"holders": (), "plugins": ("demo",), **given}
    with reading():
        return search(words, **options)  # type: ignore[arg-type]


def ids(words: str, **given: object) -> list[int]:
    return [hit.record_id for hit in ask(words, **given).hits]


@pytest.fixture
def note(database: str) -> Callable[..., None]:
    """Indexes a note that all staff may see, unless said otherwise."""

    def index(record_id: int, title: str, **given: object) -> None:
        options: dict[str, object] = {"plugin": "demo", "at": NOW, "is_open": True, **given}
        with writing():
            index_record(REALM, record_id, title=title, **options)  # type: ignore[arg-type]

    return index


@pytest.mark.parametrize(
    "words",
    [
        "电梯",
        "梯安",
        "国庆节前电梯",
        "查",
        "〔2026〕31号",
        "2026 31",
        "ＧＢ７５８８",
        "gb7588",
        "7588",
        "检查 电梯",
        "查的",
    ],
)
def test_any_part_of_a_title_finds_it(note: Callable[..., None], words: str) -> None:
    note(1, "关于开展国庆节前电梯安全专项检查的通知（昆质监发〔2026〕31号，GB7588）")
    note(2, "锅炉使用登记")
    assert ids(words) == [1]


@pytest.mark.parametrize(
    "words", ["电安", "全电梯", "202", "2026 32", "电梯 锅炉", "", "  ", '"*(', "梯电"]
)
def test_what_is_not_there_is_not_found(note: Callable[..., None], words: str) -> None:
    note(1, "电梯安全〔2026〕31号，另有电工安排，安全电器，梯次")
    note(2, "锅炉使用登记")
    assert ids(words) == []


def test_rare_names_and_lone_characters_are_found(note: Callable[..., None]) -> None:
    note(1, "𠮷田局")
    note(2, "章\ue123明")
    assert (ids("𠮷田"), ids("局"), ids("\ue123明")) == ([1], [1], [2])


def test_extra_tokens_are_found_by_their_beginning(note: Callable[..., None]) -> None:
    note(1, "李志华", extra_tokens=("lizhihua", "lzh"))
    assert (ids("lzh"), ids("LZ"), ids("lizhi"), ids("zh")) == ([1], [1], [1], [])


def test_body_is_searched_and_indexing_again_replaces(note: Callable[..., None]) -> None:
    note(1, "通知", body="附件中的压力容器")
    assert ids("压力容器") == [1]
    note(1, "通知", body="起重机械")
    assert (ids("压力容器"), ids("起重")) == ([], [1])
    with writing():
        unindex_record(REALM, 1)
        unindex_record(REALM, 1)
    assert ids("起重") == []


def test_titles_come_first_then_the_newest(note: Callable[..., None]) -> None:
    note(1, "电梯旧闻", at=NOW - dt.timedelta(days=2))
    note(2, "电梯新闻", at=NOW)
    note(3, "通知", body="电梯", at=NOW + dt.timedelta(days=1))
    found = ask("电梯", limit=2)
    assert ([hit.record_id for hit in found.hits], found.total) == ([2, 1], 3)


def test_only_enabled_plugins_and_asked_realms_answer(note: Callable[..., None]) -> None:
    note(1, "电梯")
    assert ids("电梯", plugins=("other",)) == []
    assert ids("电梯", plugins=()) == []
    assert ids("电梯", realms=("other/thing",)) == []
    assert ids("电梯", realms=(REALM,)) == [1]


def test_closed_records_are_seen_by_participants_and_reach(note: Callable[..., None]) -> None:
    with writing():
        node = Node.create(name="本机", is_self=True)
        rows = [
            UnitRow("530000", "省局", "province"),
            UnitRow("530100", "昆明市局", "prefecture", "530000"),
            UnitRow("530100-01", "办公室", "office", "530100", is_access_unit=False),
        ]
        import_units(rows, node)
        unit = {row.code: row.id for row in Unit.select()}
        Participant.create(realm=REALM, record_id=2, holder="account:7", kind="reader", at=NOW)
    for record_id, code in ((1, "530000"), (2, "530000"), (3, "530100-01")):
        note(record_id, f"电梯{record_id}", unit_id=unit[code], is_open=False)
    assert ask("电梯").total == 0
    assert ids("电梯", holders=("account:7", "unit:9")) == [2]
    assert ids("电梯", unit_ids=(unit["530100"],)) == [3]
    assert ask("电梯", is_everywhere=True, limit=1).total == 3
    assert ask("电梯", unit_ids=(unit["530100"],)).hits[0].unit_name == "办公室"


def test_hits_are_marked_where_they_stand(note: Callable[..., None]) -> None:
    note(1, "ＧＢ标准", summary="前" * 50 + "电梯安全" + "后" * 200)
    hit = ask("电梯 gb").hits[0]
    assert hit.title_parts == [("ＧＢ", True), ("标准", False)]
    assert hit.summary_parts[:2] == [("…" + "前" * 30, False), ("电梯", True)]
    assert hit.summary_parts[2][0].endswith("…")


def test_cutting_is_the_same_for_index_and_question() -> None:
    assert stream("昆质监发〔2026〕31号GB7588") == [
        *("昆质", "质监", "监发", "发", "2026", "31", "号", "gb", "7588")
    ]
    assert marked("没有", "电梯") == [("没有", False)]
    assert marked("", "电梯") == []
