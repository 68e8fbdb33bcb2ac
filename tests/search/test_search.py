"""Finding records: by any word in them, and only those a person may see."""

import datetime as dt
from collections.abc import Callable, Sequence
from gettext import NullTranslations
from random import Random
from typing import Any

import pytest

from openbureau.base.context import NOWHERE, Context, Person, Reach
from openbureau.base.database import reading, writing
from openbureau.base.i18n import Catalogue
from openbureau.kernel.access.models import Participant
from openbureau.kernel.search.actions import Findable, index_record, unindex_record
from openbureau.kernel.search.queries import ANYWHERE, Found, Narrowing, search
from openbureau.kernel.search.tokens import marked, stream
from openbureau.kernel.units.actions import UnitRow, import_units
from openbureau.kernel.units.models import Node, Unit

NOW = dt.datetime(2026, 11, 23, 1, 0, tzinfo=dt.UTC)
REALM = "demo/note"


SEE = "demo.list_note"


def ask(
    words: str,
    *,
    reach: Reach = NOWHERE,
    holders: Sequence[str] = (),
    realm: str = REALM,
    narrowed: Narrowing = ANYWHERE,
    limit: int = 50,
) -> Found:
    """What somebody with this reach finds, taking part in records under these names."""
    person = Context(
        Person(1, "1", "li", "李志华", None),
        *(None, (), {SEE: reach}, tuple(holders), frozenset(), frozenset()),
        Catalogue("zh", NullTranslations()),
        NOW,
    )
    with reading():
        return search(person, words, realm, SEE, narrowed=narrowed, limit=limit)


def ids(words: str, **given: Any) -> list[int]:
    return [hit.record_id for hit in ask(words, **given).hits]


@pytest.fixture
def note(database: str) -> Callable[..., None]:
    """Indexes a note that all staff may see, unless said otherwise."""

    def index(record_id: int, title: str, **given: object) -> None:
        options: dict[str, Any] = {"plugin": "demo", "at": NOW, "is_open": True, **given}
        with writing():
            index_record(Findable(realm=REALM, record_id=record_id, title=title, **options))

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


def test_titles_come_first_then_the_latest_written(note: Callable[..., None]) -> None:
    note(1, "电梯旧闻")
    note(2, "电梯新闻")
    note(3, "通知", body="电梯")
    found = ask("电梯", limit=2)
    assert ([hit.record_id for hit in found.hits], found.total) == ([2, 1], 3)
    note(1, "电梯旧闻，有更正")
    assert ids("电梯") == [1, 2, 3]


def test_only_the_asked_realm_answers(note: Callable[..., None]) -> None:
    note(1, "电梯")
    assert ids("电梯", realm="other/thing") == []
    assert ids("电梯", realm="demo/not") == []
    assert ids("电梯", realm=REALM) == [1]


@pytest.fixture
def unit_ids(database: str) -> dict[str, int]:
    """The ids of a few units, by code."""
    with writing():
        node = Node.create(name="本机", is_self=True)
        rows = [
            UnitRow("530000", "省局", "province"),
            UnitRow("530100", "昆明市局", "prefecture", "530000"),
            UnitRow("530100-01", "办公室", "office", "530100", is_access_unit=False),
            UnitRow("530300", "曲靖市局", "prefecture", "530000"),
        ]
        import_units(rows, node)
        return {row.code: row.id for row in Unit.select()}


def test_closed_records_are_seen_by_participants_and_reach(
    note: Callable[..., None], unit_ids: dict[str, int]
) -> None:
    with writing():
        Participant.create(realm=REALM, record_id=2, holder="account:7", kind="reader", at=NOW)
        Participant.create(realm=REALM, record_id=2, holder="unit:9", kind="reader", at=NOW)
    for record_id, code in ((1, "530000"), (2, "530000"), (3, "530100-01")):
        note(record_id, f"电梯{record_id}", unit_id=unit_ids[code], is_open=False)
    kunming = Reach(frozenset({unit_ids["530100"]}))
    assert ask("电梯").total == 0
    assert ids("电梯", holders=("account:7", "unit:9")) == [2]
    assert ids("电梯", reach=kunming) == [3]
    assert ids("电梯", reach=kunming, holders=("account:7",)) == [3, 2]
    assert ask("电梯", reach=Reach(is_everywhere=True), limit=1).total == 3
    assert ask("电梯", reach=kunming).hits[0].unit_name == "办公室"


def test_a_search_is_narrowed_to_units_and_months(
    note: Callable[..., None], unit_ids: dict[str, int]
) -> None:
    note(1, "电梯", unit_id=unit_ids["530000"])
    note(2, "电梯", unit_id=unit_ids["530100-01"], at=dt.datetime(2026, 9, 30, 16, tzinfo=dt.UTC))
    kunming = frozenset({unit_ids["530100"]})
    assert ids("电梯", narrowed=Narrowing(kunming)) == [2]
    assert ids("电梯", narrowed=Narrowing(frozenset())) == []
    # The last eight hours of September in UTC are October in China.
    assert ids("电梯", narrowed=Narrowing(None, (dt.date(2026, 9, 1),))) == []
    october = (dt.date(2026, 10, 1), dt.date(2026, 9, 1))
    assert ids("电梯", narrowed=Narrowing(None, october)) == [2]
    assert ids("电梯", narrowed=Narrowing(kunming, october)) == [2]
    assert ids("电梯", narrowed=Narrowing(frozenset({unit_ids["530300"]}), october)) == []


def test_what_is_found_equals_what_a_plain_reading_finds(
    note: Callable[..., None], unit_ids: dict[str, int]
) -> None:
    """Two hundred records, a hundred questions: ids, order and totals against an oracle."""
    random = Random(20261123)
    codes = list(unit_ids)
    records: dict[int, tuple[str, str, str, bool, set[str]]] = {}
    for record_id in range(1, 201):
        title, body = (
            "".join(random.choices("电梯锅炉安全", k=random.randint(1, 5))) for _ in "ab"
        )
        code, is_open = random.choice(codes), random.random() < 0.2
        holders = {f"account:{n}" for n in range(3) if random.random() < 0.1}
        records[record_id] = (title, body, code, is_open, holders)
        note(record_id, title, summary=body, unit_id=unit_ids[code], is_open=is_open)
        with writing():
            for holder in holders:
                Participant.create(
                    realm=REALM, record_id=record_id, holder=holder, kind="reader", at=NOW
                )
    access = {code: unit_ids["530100" if code == "530100-01" else code] for code in codes}
    for _ in range(100):
        words = random.sample(["电梯", "锅炉", "安全", "梯锅", "安"], k=random.randint(1, 2))
        units = frozenset(access[code] for code in random.sample(codes, k=random.randint(0, 3)))
        names = {f"account:{n}" for n in range(random.randint(0, 3))}
        seen = [
            (all(word in title for word in words), record_id)
            for record_id, (title, body, code, is_open, holders) in records.items()
            if all(word in title or word in body for word in words)
            and (is_open or access[code] in units or holders & names)
        ]
        expected = [record_id for _, record_id in sorted(seen, reverse=True)]
        found = ask(" ".join(words), reach=Reach(units), holders=sorted(names), limit=15)
        assert [hit.record_id for hit in found.hits] == expected[:15], (words, units, names)
        assert found.total == len(expected)


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
