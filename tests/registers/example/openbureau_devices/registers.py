"""The register of devices."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from openbureau import N_, Conflict
from openbureau.kit import BulkAction, Column, Lamp, Register, Retention, Step, change_record

from .models import Device

WARNING_DAYS = 30
CONTACT = N_("检验到期时联系")


def lamp(row: Any, today: dt.date) -> Lamp | None:
    """How long until the next inspection; none for a device that is not in use."""
    if row.state != "used" or row.due_on is None:
        return None
    left = (dt.date.fromisoformat(str(row.due_on)) - today).days
    if left < 0:
        return Lamp("late", N_("超期 %(days)s 天"), {"days": -left})
    return Lamp("warn" if left <= WARNING_DAYS else "ok", N_("剩 %(days)s 天"), {"days": left})


def check(ctx: Any, values: Mapping[str, Any]) -> Mapping[str, str]:
    """What no single column can tell: a device is not inspected before it was made."""
    made, inspected = values["made_on"], values["inspected_on"]
    is_early = made and inspected and str(inspected) < str(made)
    return {"inspected_on": N_("最近检验日期早于制造日期。")} if is_early else {}


def put_idle(ctx: Any, register: Register, row: Any, reason: str) -> None:
    """A device that is used no more for a while (停用)."""
    if row.state == "scrapped":
        raise Conflict(N_("已报废的设备不能停用。"))
    change_record(ctx, register, row.id, row.version, {"state": "idle"}, Step("changed", reason))


DEVICES = Register(
    realm="devices/device",
    label=N_("设备"),
    counter=N_("台"),
    model=Device,
    title=("name",),
    key=("code",),
    read="devices.list_device",
    write="devices.write_device",
    personal="devices.see_personal",
    filters=("kind", "state", "due_on"),
    words=("code", "certificate", "user", "place"),
    public=("code", "name", "kind", "user", "place", "unit", "due_on", "state"),
    retention=Retention("used_on", 10, N_("使用登记证注销后十年")),
    actions=(BulkAction("idle", N_("停用"), "devices.write_device", put_idle),),
    lamp=lamp,
    check=check,
    columns=(
        Column(Device.code, N_("设备代码"), "wide", sample="31105300002004000001"),
        Column(Device.name, N_("产品名称"), sample="蒸汽锅炉"),
        Column(Device.kind, N_("设备种类"), "short"),
        Column(Device.certificate, N_("使用登记证编号"), is_listed=False),
        Column(Device.model, N_("型号规格"), is_listed=False),
        Column(Device.serial, N_("产品编号"), is_listed=False),
        Column(Device.maker, N_("制造单位"), is_listed=False),
        Column(Device.made_on, N_("制造日期"), is_listed=False),
        Column(Device.user, N_("使用单位"), sample="昆明某某食品厂"),
        Column(Device.user_code, N_("统一社会信用代码"), is_listed=False),
        Column(Device.place, N_("使用地点"), is_listed=False),
        Column(Device.unit, N_("所在区县"), "unit", headers=(N_("监管单位"),)),
        Column(Device.keeper, N_("安全管理人员"), "", "name", CONTACT, is_listed=False),
        Column(Device.mobile, N_("移动电话"), is_listed=False, personal="mobile", purpose=CONTACT),
        Column(Device.used_on, N_("投入使用日期"), is_listed=False),
        Column(Device.inspected_on, N_("最近检验日期"), is_listed=False),
        Column(Device.result, N_("检验结论"), "step", is_listed=False),
        Column(Device.due_on, N_("下次检验日期"), "moment", is_sortable=True),
        Column(Device.state, N_("状态"), "step"),
        Column(Device.capacity, N_("额定参数"), is_listed=False),
        Column(Device.remark, N_("备注"), is_listed=False),
    ),
)
