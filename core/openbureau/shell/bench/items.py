"""What is measured: a register of invented equipment, twenty columns wide, in memory and in
bulk. Its table is made by hand, as it is no plugin anybody could install."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from peewee import CharField, DateField, DecimalField, ForeignKeyField, IntegerField, TextField

from openbureau.base.context import CHINA
from openbureau.base.database import InstantField, Table, UidField, db, to_instant
from openbureau.base.declarations import MenuEntry, Permission, Permissions, RoleTemplate
from openbureau.base.plugins import Source
from openbureau.kernel.units.models import Unit
from openbureau.kit.registers.declared import Column, Lamp, Register
from openbureau.testing.synthetic import plugin_of

SLUG, NOUN = "stock", "item"
TABLE = "stock_item"
LIST_URL = f"/{SLUG}/{NOUN}"
SEE, WRITE, PERSONAL = "stock.list_item", "stock.write_item", "stock.see_personal"
REGISTRAR = "stock.registrar"
KINDS = [("boiler", "锅炉"), ("vessel", "压力容器"), ("lift", "电梯"), ("crane", "起重机械")]
STATES = [("used", "在用"), ("idle", "停用"), ("scrapped", "报废")]
NAMES = ("蒸汽锅炉", "液化石油气储罐", "乘客电梯", "桥式起重机")
USERS = ("昆明某某食品厂", "玉溪某某酒店", "大理某某医院", "曲靖某某化工有限责任公司")
WARNING_DAYS = 30
DUE_SPAN_DAYS = 900


class Item(Table):
    """One piece of equipment."""

    uid = UidField()
    unit = ForeignKeyField(Unit, on_delete="RESTRICT", backref=None)
    version = IntegerField(default=1)
    changed_at = InstantField()
    voided_at = InstantField(null=True)
    code = CharField(max_length=20)
    name = CharField(max_length=100)
    kind = CharField(max_length=10, choices=KINDS)
    state = CharField(max_length=10, choices=STATES, default="used")
    due_on = DateField(null=True)
    user = CharField(max_length=100)
    user_code = CharField(max_length=18, default="")
    place = CharField(max_length=200, default="")
    certificate = CharField(max_length=30, default="")
    model = CharField(max_length=60, default="")
    serial = CharField(max_length=40, default="")
    maker = CharField(max_length=100, default="")
    made_on = DateField(null=True)
    used_on = DateField(null=True)
    inspected_on = DateField(null=True)
    result = CharField(max_length=10, default="")
    keeper = CharField(max_length=40, default="")
    mobile = CharField(max_length=20, default="")
    capacity = DecimalField(max_digits=12, decimal_places=2, null=True)
    remark = TextField(default="")

    class Meta:
        table_name = TABLE
        indexes = (
            (("voided_at", "unit"), False),
            (("voided_at", "unit", "kind", "state"), False),
            (("voided_at", "kind", "state", "unit"), False),
            (("voided_at", "due_on"), False),
            (("unit", "due_on"), False),
            (("code",), False),
        )


def lamp(row: Any, today: dt.date) -> Lamp | None:
    """How long until the next inspection."""
    if row.state != "used" or row.due_on is None:
        return None
    left = (dt.date.fromisoformat(str(row.due_on)) - today).days
    if left < 0:
        return Lamp("late", "超期 %(days)s 天", {"days": -left})
    return Lamp("warn" if left <= WARNING_DAYS else "ok", "剩 %(days)s 天", {"days": left})


ITEMS = Register(
    realm=f"{SLUG}/{NOUN}",
    label="设备",
    counter="台",
    model=Item,
    title=("name",),
    key=("code",),
    read=SEE,
    write=WRITE,
    personal=PERSONAL,
    filters=("kind", "state", "due_on"),
    words=("code", "certificate", "user", "place"),
    lamp=lamp,
    columns=(
        Column(Item.code, "设备代码", "wide"),
        Column(Item.name, "产品名称"),
        Column(Item.kind, "设备种类", "short"),
        Column(Item.user, "使用单位"),
        Column(Item.unit, "所在区县", "unit"),
        Column(Item.due_on, "下次检验日期", "moment", is_sortable=True),
        Column(Item.state, "状态", "step"),
        *(
            Column(field, label, is_listed=False)
            for field, label in (
                (Item.user_code, "统一社会信用代码"),
                (Item.place, "使用地点"),
                (Item.certificate, "使用登记证编号"),
                (Item.model, "型号规格"),
                (Item.serial, "产品编号"),
                (Item.maker, "制造单位"),
                (Item.made_on, "制造日期"),
                (Item.used_on, "投入使用日期"),
                (Item.inspected_on, "最近检验日期"),
                (Item.result, "检验结论"),
                (Item.capacity, "额定参数"),
                (Item.remark, "备注"),
            )
        ),
        Column(Item.keeper, "安全管理人员", is_listed=False, personal="name", purpose="联系"),
        Column(Item.mobile, "移动电话", is_listed=False, personal="mobile", purpose="联系"),
    ),
)


def stock() -> Source:
    """The register as a plugin in memory."""
    codes = (SEE, WRITE, PERSONAL)
    permissions = Permissions(
        permissions=tuple(Permission(code, code) for code in codes),
        roles=(
            RoleTemplate("stock.reader", "设备查询人", codes[:1], is_default=True),
            RoleTemplate(REGISTRAR, "设备登记员", codes),
        ),
    )
    entry = MenuEntry("设备台账", LIST_URL, SEE, "业务", "clipboard-list", 60)
    return plugin_of(
        SLUG,
        permissions=lambda: permissions,
        registers=lambda: (ITEMS,),
        menu=lambda: (entry,),
    )


COLUMNS = tuple(field.column_name for field in Item._meta.sorted_fields)


def make_table() -> None:
    """The table of the register."""
    db.create_tables([Item])


def rows(total: int, units: Sequence[int], now: dt.datetime) -> Iterator[tuple[Any, ...]]:
    """Rows in the order of `COLUMNS`, spread over the units one after the other."""
    at, today = to_instant(now), now.astimezone(CHINA).date()
    for number in range(1, total + 1):
        pick = number * 7919
        due = today + dt.timedelta(days=pick % DUE_SPAN_DAYS - DUE_SPAN_DAYS // 4)
        values = {
            "id": number,
            "uid": f"{number:032x}",
            "unit_id": units[number % len(units)],
            "version": 1,
            "changed_at": at,
            "code": f"3110530000200{number:07}",
            "name": NAMES[pick % 4],
            "kind": KINDS[pick % 4][0],
            "state": "used" if pick % 10 else STATES[1 + number % 2][0],
            "due_on": due.isoformat() if pick % 11 else None,
            "user": f"{USERS[number % 4]}{number % 997}",
            "user_code": f"91530000{number:010}",
            "place": f"某某路{number % 999}号",
            "certificate": f"梯10滇A{number:07}",
            "model": "WNS4-1.25",
            "serial": f"{number:06}",
            "maker": "云南起重机械厂",
            "made_on": "2010-05-01",
            "used_on": "2010-09-01",
            "keeper": "王五",
            "mobile": f"138{number % 10**8:08}",
        }
        yield tuple(values.get(name, "" if name in _TEXTS else None) for name in COLUMNS)


_TEXTS = frozenset(
    field.column_name
    for field in Item._meta.sorted_fields
    if isinstance(field, CharField | TextField)
)
