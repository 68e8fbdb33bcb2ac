"""Invented figures and names for the examples of `/-/patterns`; nothing here is anybody's."""

import datetime as dt
from typing import Any

from openbureau.base.context import CHINA
from openbureau.base.request import Request
from openbureau.kit.charts import Series, bar_chart, line_chart
from openbureau.kit.codes import qr_code
from openbureau.kit.conditions import conditions
from openbureau.kit.paging import paging, sorting
from openbureau.shell.sample_forms import sample_forms
from openbureau.shell.sample_frame import sample_frame, sample_menu

MONTHS = ("6 月", "7 月", "8 月", "9 月", "10 月", "11 月")
UNBROKEN = "长" * 1500 + "x" * 1500
NAMES = (
    ("示例市" + "质量技术监督检验检测认证综合研究" * 31)[:500],
    UNBROKEN,
    "مؤسسة المثال \u202e للتفتيش",
    "控制\x07字符\u200b与\u202e反向",
    "🏗️🧪👩‍🔬 表情单位",
    "𠀀𠀁𪚥𫝀示例村（扩展 B 区）",
)


def samples(request: Request) -> dict[str, Any]:
    """What the examples call `sample`: values by name, in the shape a view would give them."""
    return {
        "devices": devices(),
        "sorting": sorting(request, ("due", "code"), "due"),
        "paging": paging(request, 1284),
        "short_paging": paging(request, 12),
        "conditions": conditions(request, ("name", "kind", "due_on")),
        "opinions": opinions(),
        "at": moments(),
        "qr": qr_code("https://bureau.example/equipment/device/311053010000202731"),
        **charts(),
        **sample_forms(request),
        "files": files(),
        "frame": sample_frame(),
        "menu": sample_menu(request),
        "kept_form": {
            "errors": {},
            "draft": {
                "is_restored": False,
                "saved_at": at("2026-11-20 16:48"),
                "id": 1,
                "restore_url": "/-/patterns/draft",
            },
        },
        "nodes": nodes(),
        "names": [
            {"id": n, "name": name, "url": "/-/patterns/table"} for n, name in enumerate(NAMES)
        ],
    }


def devices() -> list[dict[str, Any]]:
    """Six lifts in every state of their time limit."""
    rows = [
        (1, "late", "超期 23 天", "311053010000202000", "曳引驱动乘客电梯",
         "示例百货（集团）股份有限公司", "2026-10-31"),
        (2, "late", "超期 9 天", "311053010000202731", "自动扶梯",
         "示例市第一人民医院", "2026-11-14"),
        (3, "warn", "剩 2 日", "311053010000204193", "载货电梯",
         "示例物业管理有限公司", "2026-11-25"),
        (4, "warn", "剩 5 日", "311053010000204924", "曳引驱动乘客电梯",
         "示例轨道交通集团有限公司", "2026-11-28"),
        (5, "ok", "剩 14 日", "311053010000206386", "病床电梯", "示例理工大学", "2026-12-07"),
        (6, "pause", "停用报停", "311053010000208579", "自动扶梯", "示例食品厂", None),
    ]  # fmt: skip
    keys = ("id", "state", "words", "code", "kind", "owner", "due_on")
    return [dict(zip(keys, row, strict=True), is_strong=row[0] == 1) for row in rows]


def at(text: str) -> dt.datetime:
    """An instant in China: `2026-11-18 09:12`."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=CHINA)


def moments() -> dict[str, dt.datetime]:
    """When one document was sent, reviewed and countersigned, and what befell one lift."""
    return {
        "sent": at("2026-11-18 10:20"),
        "reviewed": at("2026-11-18 15:05"),
        "metering": at("2026-11-18 15:46"),
        "legal": at("2026-11-19 09:36"),
        "arrived": at("2026-11-19 09:37"),
        "uploaded": at("2026-11-20 10:08"),
        "inspected": at("2026-11-19 15:40"),
        "reminded": at("2026-10-20 09:00"),
        "handed_on": at("2026-07-08 10:25"),
        "registered": at("2025-03-11 14:32"),
    }


def opinions() -> list[dict[str, Any]]:
    """Five opinions on one document, the latest first; one is still open, one corrects another."""
    rows: list[tuple[Any, ...]] = [
        ("会签", "办公室", "主任", "周志远", "", "18 15:06", "19 09:02", None, "", False),
        ("会签", "法规科", "科长", "陈晓燕", "同意。第十二条建议引用上位法条款号。",
         "18 15:06", "19 09:05", "19 09:36", "3 小时", False),
        ("会签", "计量科", "副科长", "赵永平", "同意。\n上一条意见中“附件二”应为“附件三”。",
         "18 15:06", "18 15:20", "18 15:46", "40 分钟", True),
        ("科室审核", "标准化科", "科长", "刘敏", "同意呈核，请办公室、计量科、法规科会签。",
         "18 10:21", "18 14:30", "18 15:05", "2 小时", False),
        ("拟稿", "标准化科", "科员", "王建国", "送审。",
         "18 09:12", "18 09:13", "18 10:20", "1 小时", False),
    ]  # fmt: skip
    keys = ("step", "unit_name", "title", "person_name", "text",
            "arrived_at", "opened_at", "done_at", "took", "is_correction")  # fmt: skip
    times = {"arrived_at", "opened_at", "done_at"}
    return [
        {
            key: at(f"2026-11-{value}") if key in times and value is not None else value
            for key, value in zip(keys, row, strict=True)
        }
        for row in rows
    ]


def charts() -> dict[str, Any]:
    """A bar chart, one of bars upon each other, and one of lines with a gap."""
    source = "示例台账，截至 2026-11-23"
    return {
        "bars": bar_chart(
            "各月检验完成数", MONTHS, [Series("完成", (812, 934, 1011, 887, 1284, 640))],
            unit="台", source=source,
        ),
        "stacked": bar_chart(
            "各区县在用电梯",
            ("五华区", "盘龙区", "官渡区", "西山区", "呈贡区"),
            [
                Series("正常", (3120, 2874, 4011, 2210, 1890)),
                Series("临期", (210, 180, 322, 145, 96)),
                Series("超期", (23, 9, 41, 12, 4)),
            ],
            unit="台", source=source, is_stacked=True,
        ),
        "crowded_bars": bar_chart("各月办理登记", MONTHS, crowd(), unit="台", source=source),
        "crowded_lines": line_chart("各月办理登记走势", MONTHS, crowd(), unit="台", source=source),
        "lines": line_chart(
            "办结平均用时", MONTHS,
            [
                Series("公文", (3.2, 3.0, 2.8, None, 2.1, 1.9)),
                Series("审批", (6.5, 6.1, 6.4, 5.8, 5.2, 4.9)),
            ],
            unit="工作日", source=source,
        ),
    }  # fmt: skip


def files() -> list[dict[str, Any]]:
    """Attachments of three kinds."""
    return [
        {"name": "电梯按需维保改革试点方案.pdf", "url": "/-/patterns/files", "size_bytes": 482_113,
         "media_type": "application/pdf"},
        {"name": "现场照片（机房）.jpg", "url": "/-/patterns/files", "size_bytes": 2_411_520,
         "media_type": "image/jpeg"},
        {"name": "附表.zip", "url": "/-/patterns/files", "size_bytes": 18_400,
         "media_type": "application/zip"},
    ]  # fmt: skip


def crowd() -> tuple[Series, ...]:
    """Four series, as many as a chart holds."""
    kinds = ("电梯", "锅炉", "压力容器", "起重机械")
    return tuple(
        Series(kind, tuple(40 + 9 * n + 7 * month for month in range(len(MONTHS))))
        for n, kind in enumerate(kinds)
    )


def nodes() -> list[dict[str, Any]]:
    """A small tree of units: one branch open, one closed."""

    def node(name: str, *children: Any, is_current: bool = False) -> dict[str, Any]:
        return {
            "code": name, "name": name, "kind_label": "县局", "child_total": len(children),
            "url": "/-/patterns/tree", "branch_url": "/-/patterns/tree",
            "is_current": is_current, "is_expanded": bool(children), "children": list(children),
        }  # fmt: skip

    closed = node("示例县局", node("城关分局"), node("东山分局"))
    closed["is_expanded"] = False
    return [node("示例市局", node("东区局", is_current=True), node("西区局"), closed)]
