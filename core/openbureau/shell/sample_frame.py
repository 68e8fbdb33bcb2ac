"""An invented person's frame and menu for the examples of `/-/patterns`."""

import datetime as dt

from markupsafe import Markup

from openbureau.base.context import CHINA
from openbureau.base.request import Request
from openbureau.kernel.frame import Frame, FramePerson
from openbureau.kernel.menus.queries import MenuGroup, MenuLine, personal_menu, with_pins

BUREAU = "示例市质量技术监督局"
# Symbols, labels, pinyin initials and counts of each group; all lead back to the page.
MENU: tuple[tuple[str, tuple[tuple[str, str, str, str], ...]], ...] = (
    ("", (("layout-dashboard", "工作台", "gzt", ""), ("list-check", "待办中心", "dbzx", "todo"))),
    ("综合办公", (("speakerphone", "通知公告", "tzgg", "bulletin"), ("users", "会议", "hy", ""))),
    (
        "业务监管",
        (("qrcode", "特种设备", "tzsb", "device"), ("clipboard-check", "计量器具", "jlqj", "")),
    ),
)
COUNTS = {"todo": 12, "bulletin": 3, "device": 0}


def sample_frame() -> Frame:
    """The frame of one clerk's page."""
    return Frame(
        bureau_name=BUREAU,
        logo_text="网络办公平台",
        logo_url="",
        language="zh",
        scheme="auto",
        size="normal",
        is_demo=False,
        is_insecure=False,
        notice=None,
        release="",
        path="/-/patterns/masthead",
        person=FramePerson("li", "李志华", "科员", "标准化科", BUREAU, None),
        posts=(),
        absent=None,
        counts=COUNTS,
        notices=5,
        menu=Markup(),
        menu_state="open",
        tabs=(),
        made_at=dt.datetime(2026, 11, 20, 16, 30, tzinfo=CHINA),
    )


def sample_menu(request: Request) -> dict[str, Markup]:
    """The menu's lines as the frame gives them, `open` and `folded`."""
    place = "/-/patterns/menu?line="
    groups = [
        MenuGroup(
            label,
            [
                MenuLine(name, initials, f"{place}{initials}", symbol, count)
                for symbol, name, initials, count in lines
            ],
        )
        for label, lines in MENU
    ]
    template = request.environment.get_template("core/_menu.html")
    found = {}
    for state in ("open", "folded"):
        html = template.render(groups=groups, is_folded=state == "folded")
        pinned = with_pins(html, (f"{place}tzgg",), "常用")
        made = personal_menu(pinned, COUNTS, f"{place}tzsb")
        found[state] = Markup(made)  # noqa: S704 - rendered by our own template
    return found
