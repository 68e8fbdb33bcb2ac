"""What the kit works out for lists, charts and codes."""

import itertools
from urllib.parse import parse_qs, urlsplit

import pytest

from openbureau.base.request import Request
from openbureau.kit import (
    Series,
    bar_chart,
    conditions,
    line_chart,
    paging,
    qr_code,
    sorting,
)
from openbureau.testing.bureau import Bureau


def asked(bureau: Bureau, query: str) -> Request:
    """A request for a list with this query."""
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/devices",
        "query_string": query.encode(),
        "headers": [],
    }
    return Request(bureau.application, scope, "test")


def test_every_page_is_reached_and_keeps_the_filter(bureau: Bureau) -> None:
    found = paging(asked(bureau, "q=%E7%94%B5&kind=a&kind=b&page=3&size=50"), 1284)
    assert (found.pages, found.offset, found.first, found.last) == (26, 100, 101, 150)
    kept = parse_qs(urlsplit(found.url(4)).query)
    assert kept == {"q": ["电"], "kind": ["a", "b"], "size": ["50"], "page": ["4"]}


@pytest.mark.parametrize(
    ("query", "number", "per_page"),
    [
        ("page=0", 1, 20),
        ("page=-3", 1, 20),
        ("page=999", 3, 20),
        ("page=x&size=7", 1, 20),
        ("size=100&page=2", 1, 100),
        ("size=%EF%BC%95%EF%BC%90", 1, 20),
    ],
)
def test_unusable_pages_and_sizes_mean_the_nearest(
    bureau: Bureau, query: str, number: int, per_page: int
) -> None:
    found = paging(asked(bureau, query), 45)
    assert (found.number, found.per_page) == (number, per_page)


def test_an_empty_list_has_one_page_from_zero_to_zero(bureau: Bureau) -> None:
    found = paging(asked(bureau, ""), 0)
    assert (found.pages, found.first, found.last, found.links) == (1, 0, 0, [(1, "/devices")])


@pytest.mark.parametrize("total", [1, 20, 21, 101, 1284, 1_034_221])
def test_links_show_first_last_and_neighbours_without_doubles(bureau: Bureau, total: int) -> None:
    last = paging(asked(bureau, ""), total).pages
    for number in {1, min(2, last), max(1, last // 2), last}:
        links = paging(asked(bureau, f"page={number}"), total).links
        numbers = [link[0] for link in links if link]
        assert numbers == sorted(set(numbers))
        assert {1, number, last} <= set(numbers)
        assert not any(a is None and b is None for a, b in itertools.pairwise(links))


def test_the_same_head_turns_the_order_round_and_forgets_the_page(bureau: Bureau) -> None:
    order = sorting(asked(bureau, "q=a&page=9&sort=due"), ("due", "code"), "code")
    assert (order.state("due"), order.state("code")) == ("ascending", "")
    assert order.url("due") == "/devices?q=a&sort=-due"
    assert order.url("code") == "/devices?q=a&sort=code"
    turned = sorting(asked(bureau, "sort=-due"), ("due", "code"), "code")
    assert (turned.is_down, turned.state("due")) == (True, "descending")
    assert turned.url("due") == "/devices?sort=due"


@pytest.mark.parametrize("query", ["sort=secret", "sort=--due", "sort=", "sort=due%3B"])
def test_unknown_columns_never_order_a_list(bureau: Bureau, query: str) -> None:
    assert sorting(asked(bureau, query), ("due", "code"), "-code").key == "code"


def test_rows_are_added_removed_and_read_in_half_width(bureau: Bureau) -> None:
    query = "field=name&op=has&value=%EF%BC%A1%EF%BC%91&field=due&op=empty&value=&joiner=or"
    fields = ("name", "due")
    found = conditions(asked(bureau, query), fields)
    assert [(r.field, r.op, r.value) for r in found.stated] == [
        ("name", "has", "A1"),
        ("due", "empty", ""),
    ]
    assert found.joiner == "or"
    assert len(conditions(asked(bureau, f"{query}&add=1"), fields).rows) == 3
    assert [r.field for r in conditions(asked(bureau, f"{query}&remove=0"), fields).rows] == ["due"]


@pytest.mark.parametrize(
    "query", ["", "field=x&op=has&value=1", "field=name&op=drop&value=1", "remove=0", "remove=²"]
)
def test_what_is_unknown_is_dropped_and_one_row_remains(bureau: Bureau, query: str) -> None:
    found = conditions(asked(bureau, query), ("name",))
    assert (len(found.rows), found.stated, found.joiner) == (1, [], "and")


def test_nobody_builds_a_query_without_end(bureau: Bureau) -> None:
    rows = "&".join("field=name&op=has&value=1" for _ in range(300))
    assert len(conditions(asked(bureau, f"{rows}&add=1"), ("name",)).rows) == 12


@pytest.mark.parametrize("top", [0, 0.4, 1, 7, 137, 1284, 1_034_221])
def test_bars_stay_inside_the_picture_and_rules_are_round(top: float) -> None:
    found = bar_chart("图", ("甲", "乙"), [Series("一", (top, None)), Series("二", (0, top))])
    assert all(0 <= bar.y <= found.base and bar.height >= 0 for bar in found.bars)
    assert all(bar.x + bar.width <= found.right for bar in found.bars)
    assert 2 <= len(found.ticks) <= 7


def test_stacked_bars_stand_upon_each_other() -> None:
    found = bar_chart("图", ("甲",), [Series("一", (3,)), Series("二", (1,))], is_stacked=True)
    lower, upper = found.bars
    assert upper.y + upper.height == pytest.approx(lower.y, abs=0.2)


def test_a_line_breaks_where_nothing_is_known() -> None:
    found = line_chart("图", tuple("甲乙丙丁"), [Series("一", (1, None, 2, 3))])
    assert found.lines[0].path.count("M") == 2
    assert len(found.lines[0].points) == 3


@pytest.mark.parametrize(
    ("categories", "series"),
    [
        ((), [Series("一", ())]),
        (("甲",), []),
        (("甲",), [Series("一", (1, 2))]),
        (("甲",), [Series(str(n), (1,)) for n in range(5)]),
        (("甲",), [Series("一", (-1,))]),
    ],
)
def test_a_chart_that_would_mislead_is_refused(
    categories: tuple[str, ...], series: list[Series]
) -> None:
    with pytest.raises(ValueError, match=r"chart|series|bars"):
        bar_chart("图", categories, series)


def test_code_has_its_quiet_zone_and_grows_with_its_text() -> None:
    short, long = qr_code("https://a.example/1"), qr_code("https://a.example/" + "1" * 500)
    assert short.size < long.size
    assert short.path.startswith("M4 4h7v1h-7z")


@pytest.mark.parametrize("text", ["", "长" * 2000])
def test_a_text_no_code_can_hold_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"text|fit|Data too large"):
        qr_code(text)
