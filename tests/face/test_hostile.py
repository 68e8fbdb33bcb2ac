"""Pages keep their shape and their use: strange names, 400 % zoom, no style sheet, no scripts,
a plugin whose tile hangs and one whose tile raises."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from openbureau.testing.browser import DemoServer

from .looks import accessibility_faults, broken_layout, covered_targets, set_mode, targets
from .places import BULLETINS, HERE, NARROW, STAFF, WIDE, Place, Visitors, sign_in
from .strange import CHIEF, PLUGINS, UNBROKEN, UNIT_NAME, install_plugins, strange_demo

pytestmark = pytest.mark.browser
# A window of 1366 x 768 at 400 %.
ZOOMED, ZOOM = (341, 192), 4
PLACES = pytest.mark.parametrize("place", HERE, ids=lambda place: place.name)


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Visitors]:
    """People of the distorted demo."""
    folder = tmp_path_factory.mktemp("strange")
    install_plugins(folder / "plugins")
    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("PYTHONPATH", str(folder / "plugins"), prepend=":")
        with strange_demo(folder / "data") as server:
            yield Visitors(browser, server)


@PLACES
@pytest.mark.parametrize("size", [WIDE, NARROW, (1024, 768)], ids=["wide", "narrow", "middle"])
def test_strange_names_break_no_page(
    strange: Visitors, place: Place, size: tuple[int, int]
) -> None:
    with strange.window(place.account and CHIEF, size) as page:
        place.open(page, strange.server)
        assert broken_layout(page) == []
        set_mode(page, "light", "large")
        assert broken_layout(page) == []


def test_strange_names_are_shown_whole_somewhere(strange: Visitors) -> None:
    with strange.window(CHIEF) as page:
        page.goto(f"{strange.server.url}/-/units/530100")
        shown = page.inner_text("main")
        assert UNIT_NAME in shown
        assert "<b>王</b>&amp;" in shown
        assert accessibility_faults(page) == []
        page.goto(f"{strange.server.url}/-/todos?tab=read")
        assert UNBROKEN in page.content()


def test_desk_stands_while_one_tile_hangs_and_one_raises(strange: Visitors) -> None:
    with strange.window(STAFF) as page:
        started = time.monotonic()
        page.goto(f"{strange.server.url}/")
        assert time.monotonic() - started < 8
        for name, _ in PLUGINS.values():
            page.wait_for_selector(f"main :text('{name}')")
        assert page.inner_text("main").count("暂不可用") == len(PLUGINS)
        assert "待办" in page.inner_text("main")
        assert broken_layout(page) == []
        assert accessibility_faults(page) == []


@PLACES
def test_nothing_is_lost_at_four_hundred_percent(visitors: Visitors, place: Place) -> None:
    with visitors.window(place.account) as page:
        place.open(page, visitors.server)
        wide = targets(page)
        address = page.url
        assert covered_targets(page) == []
    with visitors.window(place.account, ZOOMED, device_scale_factor=ZOOM) as page:
        page.goto(address)
        page.wait_for_load_state("networkidle")
        assert broken_layout(page) == []
        assert sorted(targets(page)) == sorted(wide)
        assert covered_targets(page) == []
        set_mode(page, "contrast", "large")
        assert broken_layout(page) == []


def _without_style(page: Page, server: DemoServer) -> None:
    page.route("**/*.css", lambda route: route.abort())
    sign_in(page, server, STAFF)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_without_style_and_scripts_the_pages_read_in_order(
    visitors: Visitors, size: tuple[int, int]
) -> None:
    with visitors.window("", size, java_script_enabled=False) as page:
        _without_style(page, visitors.server)
        page.goto(f"{visitors.server.url}/-/search?q=%E7%8E%8B%E6%96%87%E6%9D%BE")
        text = page.inner_text("body")
        assert text.index("跳到正文") < text.index("组织机构") < text.index("王文松")
        page.click("main a[href^='/-/people/']")
        page.wait_for_url("**/-/people/*")
        assert "局长" in page.inner_text("main")


@pytest.mark.skipif(
    not any(place.owner == BULLETINS for place in HERE), reason="no plugin with a form is installed"
)
def test_without_style_and_scripts_a_form_is_filled_in_and_sent(visitors: Visitors) -> None:
    form = next(place for place in HERE if place.name == "form")
    with visitors.window("", java_script_enabled=False) as page:
        _without_style(page, visitors.server)
        form.open(page, visitors.server)
        page.fill("[name=title]", "没有样式也能报送")
        page.fill("[name=body]", "各县（市、区）局：请于本月二十日前报送。")
        page.click("button[name=intent][value=draft]")
        page.wait_for_load_state()
        assert "没有样式也能报送" in page.content()
        assert not page.url.endswith("/new")
