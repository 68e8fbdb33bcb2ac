"""Slots, services, the question before a switch: one plugin reaches into another's page."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from openbureau import Page, Service, SlotFill, page
from openbureau.base.contributions import filled_slot
from openbureau.base.errors import OperatorError
from openbureau.base.plugins import Source
from openbureau.base.request import Request
from openbureau.shell.enabling import refuse_unfit
from openbureau.testing.bureau import Bureau, close_bureau, open_bureau

from .hostile import plugin


@pytest.fixture
def bureau_with(tmp_path: Path) -> Iterator[Callable[..., Bureau]]:
    """Opens a bureau with these plugins, all switched on."""

    def open_with(*sources: Source) -> Bureau:
        bureau = open_bureau(tmp_path / "data", sources=sources)
        for source in sources:
            bureau.enable(source.slug)
            bureau.grant_permission("li", f"{source.slug}.list_thing")
        return bureau

    yield open_with
    close_bureau()


def host() -> Source:
    """A plugin whose page has a slot, shown through the confirm page's lines."""

    def pages() -> list[Page]:
        def view(request: Request) -> Any:
            filled = filled_slot(request, "host.side", "host/thing:7")
            return page(
                "core/confirm.html",
                heading="页面",
                lines=[filled],
                action="/host/",
                hidden=[],
                submit_label="好",
                cancel_url="/",
                form=None,
            )

        return [Page("", view, "host.list_thing")]

    return plugin("host", pages)


def filler(slug: str, make: Callable[[str], Any]) -> Source:
    def slot_fills(ctx: Any, slot: str, subject: str) -> Any:
        return make(subject)

    return plugin(slug, slot_fills)


def fill(words: str) -> list[SlotFill]:
    return [SlotFill("core/_units_results.html", {"q": words, "results": []})]


def test_slot_shows_what_others_say_about_the_subject(bureau_with: Callable[..., Bureau]) -> None:
    bureau = bureau_with(host(), filler("guest", lambda subject: fill(f"关于 {subject}")))
    assert "关于 host/thing:7" in bureau.sign_in("li").get("/host/").text


def test_a_switched_off_plugin_fills_nothing(bureau_with: Callable[..., Bureau]) -> None:
    bureau = bureau_with(host(), filler("guest", lambda subject: fill("来客")))
    bureau.enable("guest", state="off")
    assert "来客" not in bureau.sign_in("li").get("/host/").text


def test_failing_filler_leaves_one_line_and_the_others(bureau_with: Callable[..., Bureau]) -> None:
    def failing(subject: str) -> Any:
        raise ValueError("no fill")

    bureau = bureau_with(
        host(), filler("guest", lambda subject: fill("来客")), filler("bad", failing)
    )
    answer = bureau.sign_in("li").get("/host/")
    assert answer.status == 200
    assert "来客" in answer.text
    assert "暂不可用" in answer.text


def test_hanging_filler_is_left_out_and_counted(bureau_with: Callable[..., Bureau]) -> None:
    released = threading.Event()
    bureau = bureau_with(host(), filler("slow", lambda subject: released.wait(20) and []))
    answer = bureau.sign_in("li").get("/host/")
    released.set()
    assert "暂不可用" in answer.text
    assert [fault.plugin for fault in bureau.application.plugins.executor.faults] == ["slow"]


def test_service_is_there_only_where_its_plugin_is_on(bureau_with: Callable[..., Bureau]) -> None:
    def services() -> list[Service]:
        return [Service("registry.names/1", lambda ctx, key: {"key": key, "by": ctx.account.login})]

    def pages() -> list[Page]:
        def view(request: Request) -> Any:
            names = request.person.service("registry.names/1")
            found = names("91530000") if names else None
            return page(
                "core/notices.html", notices=[{"id": 1, "text": str(found), "url": "", "at": 0}]
            )

        return [Page("", view, "asker.list_thing")]

    bureau = bureau_with(plugin("registry", services), plugin("asker", pages))
    client = bureau.sign_in("li")
    assert "91530000" in client.get("/asker/").text
    bureau.enable("registry", state="off")
    assert "None" in client.get("/asker/").text


def test_can_enable_names_the_units_that_are_not_ready(bureau_with: Callable[..., Bureau]) -> None:
    def can_enable(ctx: Any, unit: str) -> str | None:
        return "尚未培训" if unit == "530103" else None

    bureau = bureau_with(plugin("careful", can_enable))
    plugins = bureau.application.plugins
    with pytest.raises(OperatorError, match="盘龙区局：尚未培训"):
        refuse_unfit(plugins, "careful", "on", "subtree:530100")
    refuse_unfit(plugins, "careful", "on", "unit:530102")
    refuse_unfit(plugins, "careful", "off", "subtree:530100")
