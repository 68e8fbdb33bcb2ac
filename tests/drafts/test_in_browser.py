"""Form safety as a person meets it: drafts, a lost session, a lost network, leaving."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Dialog, Page, Request, expect

from openbureau.testing.browser import DemoServer, Walker, walking

pytestmark = pytest.mark.browser
NEW = "/bulletins/bulletin/new"
TITLE = "关于开展电梯安全检查的通知"
STRIP, STATUS = "connection-strip", ".draft-status"


@pytest.fixture
def clerk(browser: Browser, demo_server: DemoServer) -> Iterator[Page]:
    """The page of a clerk who is signed in, with JavaScript."""
    with walking(browser, demo_server) as person:
        person.sign_in("lizhihua")
        yield person.page
        expected = (
            "ERR_INTERNET_DISCONNECTED",
            "ERR_FAILED",
            "Failed to fetch",
            "401",
            "403",
            "413",
        )
        person.faults[:] = [f for f in person.faults if not any(e in f for e in expected)]


def write(page: Page, name: str, title: str = TITLE) -> None:
    """Opens an empty form nobody else of these tests uses, and types into it."""
    page.goto(f"{origin(page)}{NEW}?of={name}")
    page.fill("input[name=title]", title)


def origin(page: Page) -> str:
    return "/".join(page.url.split("/")[:3])


def lose_session(page: Page) -> None:
    page.context.clear_cookies(name="session")


def sign_in(page: Page) -> None:
    page.fill("input[name=login]:visible", "lizhihua")
    page.fill("input[name=password]:visible", "openbureau-demo")
    page.press("input[name=password]:visible", "Enter")


def test_lost_session_brings_the_filled_form_back(walker: Walker) -> None:
    page = walker.sign_in("lizhihua").page
    write(page, f"lost-{walker.has_script}")
    page.fill("textarea[name=body]", "第一段\n第二段")
    lose_session(page)
    page.click("button[name=intent][value=draft]")
    page.click("text=登录并继续填写")
    sign_in(page)
    page.wait_for_url("**draft=1")
    assert page.input_value("input[name=title]") == TITLE
    assert page.input_value("textarea[name=body]") == "第一段\n第二段"
    assert "还没有提交" in walker.text
    page.click("button[name=intent][value=draft]")
    page.wait_for_url("**/edit")
    assert walker.go("/-/drafts").text.count(f"lost-{walker.has_script}") == 0
    walker.faults[:] = [fault for fault in walker.faults if "401" not in fault]


def test_text_is_kept_offered_and_restored(clerk: Page) -> None:
    write(clerk, "kept")
    expect(clerk.locator(STATUS)).to_have_text(re.compile(r"草稿已存 \d\d:\d\d"))
    clerk.goto(f"{origin(clerk)}{NEW}?of=kept")
    assert clerk.input_value("input[name=title]") == ""
    clerk.click("text=恢复")
    clerk.wait_for_url("**draft=1")
    assert clerk.input_value("input[name=title]") == TITLE
    clerk.click(".draft-note >> text=丢弃")
    clerk.click("dialog button.button-danger")
    clerk.wait_for_url(f"**{NEW}?of=kept")
    expect(clerk.locator("text=填写过")).to_have_count(0)


def test_lost_network_is_said_and_its_return_too(clerk: Page) -> None:
    write(clerk, "network")
    clerk.context.set_offline(True)
    expect(clerk.locator(STRIP)).to_contain_text("已存草稿（只在这台电脑上）")
    copies = "Object.keys(localStorage).filter((name) => name.startsWith('draft:')).length"
    assert clerk.evaluate(copies) == 1
    clerk.context.set_offline(False)
    expect(clerk.locator(STRIP)).to_contain_text("网络已恢复，草稿已存")
    assert clerk.evaluate(copies) == 0
    clerk.reload()
    expect(clerk.locator("text=填写过")).to_be_visible()


def test_part_that_did_not_arrive_is_fetched_again(clerk: Page) -> None:
    clerk.goto(f"{origin(clerk)}/-/units")
    fold = clerk.locator("details[data-hx-get]").first
    clerk.route("**/branch", lambda route: route.abort())
    fold.locator("summary").first.click()
    expect(clerk.locator(STRIP)).to_contain_text("网络中断")
    clerk.unroute("**/branch")
    with clerk.expect_response("**/branch") as answered:
        clerk.click(f"{STRIP} button")
    assert answered.value.ok
    expect(clerk.locator(STRIP)).to_contain_text("网络已恢复")
    expect(fold.locator(".tree-branch a").first).to_be_visible()


def test_form_sent_without_a_network_waits_for_it(clerk: Page) -> None:
    write(clerk, "held")
    clerk.fill("textarea[name=body]", "正文")
    clerk.context.set_offline(True)
    clerk.click("button[name=intent][value=draft]")
    expect(clerk.locator(STRIP)).to_contain_text("没有提交")
    assert clerk.input_value("input[name=title]") == TITLE
    clerk.context.set_offline(False)
    expect(clerk.locator(STRIP)).to_contain_text("网络已恢复")
    clerk.click("button[name=intent][value=draft]")
    clerk.wait_for_url("**/edit")


def test_what_only_this_computer_has_is_offered_there(clerk: Page) -> None:
    write(clerk, "local")
    clerk.route("**/-/drafts", lambda route: route.abort())
    clerk.route("**/-/health", lambda route: route.abort())
    expect(clerk.locator(STATUS)).to_have_text(re.compile("已存在本机"))
    clerk.on("dialog", lambda dialog: dialog.accept())
    clerk.goto(f"{origin(clerk)}{NEW}?of=local")
    expect(clerk.locator(".draft-note")).to_contain_text("没能存到服务器")
    clerk.unroute("**/-/drafts")
    clerk.click(".draft-note button >> text=恢复")
    clerk.wait_for_url("**draft=1")
    assert clerk.input_value("input[name=title]") == TITLE


def test_signing_in_elsewhere_lets_the_open_form_go_on(clerk: Page) -> None:
    write(clerk, "expired")
    lose_session(clerk)
    expect(clerk.locator(STRIP)).to_contain_text("登录已过期")
    with clerk.context.expect_page() as opened:
        clerk.click(f"{STRIP} a")
    elsewhere = opened.value
    sign_in(elsewhere)
    elsewhere.wait_for_url(f"{origin(clerk)}/")
    elsewhere.close()
    clerk.evaluate("dispatchEvent(new Event('focus'))")
    expect(clerk.locator(STRIP)).to_contain_text("草稿已存")
    clerk.fill("textarea[name=body]", "正文")
    clerk.click("button[name=intent][value=draft]")
    clerk.wait_for_url("**/edit")


def test_leaving_with_unkept_text_asks_once(clerk: Page) -> None:
    write(clerk, "leaving")
    asked: list[str] = []

    def stay(dialog: object) -> None:
        asked.append(dialog.type)  # type: ignore[attr-defined]
        dialog.dismiss()  # type: ignore[attr-defined]

    clerk.on("dialog", stay)
    clerk.press("input[name=title]", "End")
    with clerk.expect_event("dialog"):
        clerk.click("a.emblem", no_wait_after=True)
    assert clerk.input_value("input[name=title]") == TITLE
    clerk.fill("input[name=title]", "再改")
    clerk.click("a.emblem")
    clerk.wait_for_url(f"{origin(clerk)}/")
    assert asked == ["beforeunload"]


def test_leaving_with_kept_text_asks_nothing(clerk: Page) -> None:
    asked: list[object] = []

    def note(dialog: Dialog) -> None:
        asked.append(dialog)
        dialog.accept()

    clerk.on("dialog", note)
    write(clerk, "calm")
    expect(clerk.locator(STATUS)).to_have_text(re.compile("草稿已存"))
    clerk.click("a.emblem")
    clerk.wait_for_url(f"{origin(clerk)}/")
    assert asked == []


def test_nothing_is_kept_while_an_input_method_composes(clerk: Page) -> None:
    write(clerk, "composing", "")
    sent: list[Request] = []
    clerk.on("request", lambda r: sent.append(r) if r.url.endswith("/-/drafts") else None)
    clerk.focus("input[name=title]")
    clerk.clock.install()
    method = clerk.context.new_cdp_session(clerk)
    composing = {"text": "zhong", "selectionStart": 5, "selectionEnd": 5}
    method.send("Input.imeSetComposition", composing)
    clerk.clock.run_for(10_000)
    assert sent == []
    method.send("Input.insertText", {"text": "中"})
    with clerk.expect_response("**/-/drafts"):
        clerk.clock.run_for(4_000)
    assert len(sent) == 1


def test_text_beyond_the_limit_is_said_to_stay_here(clerk: Page) -> None:
    write(clerk, "large")
    clerk.eval_on_selector("textarea[name=body]", "(area) => area.removeAttribute('maxlength')")
    clerk.fill("textarea[name=body]", "长" * 70_000)
    expect(clerk.locator(STRIP)).to_contain_text("内容太长")


def test_signing_out_takes_the_copies_along(clerk: Page) -> None:
    write(clerk, "out")
    clerk.route("**/-/drafts", lambda route: route.abort())
    clerk.route("**/-/health", lambda route: route.abort())
    expect(clerk.locator(STATUS)).to_have_text(re.compile("已存在本机"))
    clerk.on("dialog", lambda dialog: dialog.accept())
    clerk.goto(f"{origin(clerk)}/")
    clerk.unroute("**/-/health")
    clerk.click("details:has(form[action='/-/sign-out']) > summary")
    clerk.click("form[action='/-/sign-out'] button")
    clerk.wait_for_url("**/-/sign-in*")
    assert clerk.evaluate("localStorage.length") == 0
