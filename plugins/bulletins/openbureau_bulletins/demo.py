"""Invented bulletins for the demo bureau."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import replace
from random import Random

from openbureau import Context, current_tree, give_todos, participants_of, reading, writing
from openbureau.kit import people_of_receivers, receivers

from .actions import create_draft, mark_read, publish_bulletin
from .models import REALM, Bulletin

READ_SHARE = 0.6
PROVINCE = (
    (
        "关于启用新版特种设备使用登记证的通知",
        "各州、市质量技术监督局，各直属机构：\n新版特种设备使用登记证自下月一日起启用，旧版登记证在有效期内继续有效。\n请各单位做好新旧证件的衔接，并于月底前将库存旧证数量报特种设备安全监察处。",
    ),
    (
        "关于调整国庆节假期值班安排的通知",
        "各单位：\n国庆节期间各单位实行领导带班和二十四小时值班制度，值班表请于九月二十五日前报省局办公室。\n值班电话须保持畅通，遇有特种设备事故等紧急情况立即报告。",
    ),
    (
        "全省质监系统信息化二期工程培训计划",
        "各单位：\n二期工程培训分三批进行，每单位选派两名管理员和一名业务骨干参加。\n培训内容包括公文流转、业务台账和系统日常维护。",
    ),
    (
        "关于开展电梯安全专项检查的通知",
        "各州、市局：\n为保障节日期间电梯运行安全，决定开展电梯安全专项检查。\n检查重点是车站、商场、医院等公众聚集场所的在用电梯。",
    ),
    (
        "关于报送第四季度统计报表的通知",
        "各单位：\n第四季度统计报表请于次月五日前报送，逾期未报的单位将予以通报。",
    ),
    (
        "办公自动化系统试运行公告",
        "各单位：\n办公自动化系统即日起在全省质监系统试运行。\n试运行期间遇到的问题请记录后统一反馈给本单位管理员。",
    ),
    (
        "关于印发计量检定收费管理规定的通知",
        "各州、市局，各直属机构：\n现将计量检定收费管理规定印发给你们，请遵照执行。",
    ),
    (
        "省局机关食堂调整供餐时间的公告",
        "机关各处室：\n自下周一起，午餐供应时间调整为十一时四十分至十二时四十分。",
    ),
)
PREFECTURE = (
    ("关于做好食品生产企业普查工作的通知", "各县（市、区）局：\n食品生产企业普查工作已经开始，请按时完成入户调查和数据录入。"),
    ("关于召开全市质量技术监督工作会议的通知", "各县（市、区）局，各科室：\n全市质量技术监督工作会议定于本月二十八日召开，请主要负责人参加。"),
)  # fmt: skip


def load(contexts: Mapping[str, Context], rng: Random, scale: str) -> None:
    """Writes published bulletins of the province and a prefecture, some of them read."""
    clerk, leader = contexts["lizhihua"], contexts["wangwensong"]
    days = len(PROVINCE) + len(PREFECTURE)
    plan = [(clerk, title, body, ["subtree:530000"]) for title, body in PROVINCE]
    plan += [(leader, title, body, ["subtree:530100"]) for title, body in PREFECTURE]
    rng.shuffle(plan)
    for age, (ctx, title, body, values) in enumerate(plan):
        moment = ctx.now - dt.timedelta(days=days - age, hours=rng.randrange(5))
        _publish(replace(ctx, now=moment), title, body, values, rng)
    with writing():
        create_draft(
            clerk,
            _values(
                "关于做好年度档案归档工作的通知（征求意见稿）",
                "各处室：\n请于月底前完成归档。",
                ["unit:530000"],
            ),
        )


def _values(title: str, body: str, chosen: list[str]) -> dict[str, object]:
    return {
        "title": title,
        "body": body,
        "is_urgent": "专项检查" in title,
        "receivers": chosen,
        "files": [],
        "remove": [],
    }


def _publish(ctx: Context, title: str, body: str, values: list[str], rng: Random) -> None:
    with writing():
        draft = create_draft(ctx, _values(title, body, values))
        chosen = receivers(ctx, "bulletins.publish_bulletin", json.loads(draft.receivers))
        publish_bulletin(ctx, draft, chosen.holders)
    with reading():
        people = people_of_receivers(current_tree(), participants_of(REALM, draft.id, "reader"))
    with writing():
        give_todos(
            "read",
            realm=REALM,
            record_id=draft.id,
            people=people,
            title=Bulletin.get_by_id(draft.id).title,
            now=ctx.now,
            source_unit_id=draft.unit_id,
        )
        if rng.random() < READ_SHARE:
            mark_read(ctx, draft.id)
