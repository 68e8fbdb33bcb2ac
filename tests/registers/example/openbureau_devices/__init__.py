"""Devices (设备台账): a register and nothing else."""

from openbureau import N_, MenuEntry, Permission, Permissions, RoleTemplate, hookimpl
from openbureau.kit import Register

from .registers import DEVICES

CODES = ("devices.list_device", "devices.write_device", "devices.see_personal")
LABELS = (N_("查看设备"), N_("登记设备"), N_("查看设备联系人"))


@hookimpl
def permissions() -> Permissions:
    return Permissions(
        permissions=tuple(map(Permission, CODES, LABELS)),
        roles=(
            RoleTemplate("devices.reader", N_("设备查询人"), CODES[:1], is_default=True),
            RoleTemplate("devices.registrar", N_("设备登记员"), CODES),
        ),
    )


@hookimpl
def registers() -> tuple[Register, ...]:
    return (DEVICES,)


@hookimpl
def menu() -> tuple[MenuEntry, ...]:
    return (MenuEntry(N_("设备台账"), DEVICES.url, CODES[0], N_("业务"), "list-check", 60),)
