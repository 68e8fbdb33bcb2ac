"""Bulletins (通知公告): publish to units, see who has read, withdraw. The example plugin."""

from openbureau import (
    N_,
    Context,
    DeskTile,
    Job,
    MenuEntry,
    Page,
    Permission,
    Permissions,
    RecordKind,
    RoleTemplate,
    Service,
    Slot,
    hookimpl,
)

from .actions import hand_over
from .jobs import JOBS
from .models import REALM
from .queries import Position, bulletin_title, findable_after, is_readable, owner_of, received
from .views import PAGES
from .views.lists import received_lines

# --- declare


@hookimpl
def permissions() -> Permissions:
    return Permissions(
        permissions=(
            Permission("bulletins.list_bulletin", N_("查看通知公告")),
            Permission("bulletins.write_bulletin", N_("起草通知公告")),
            Permission("bulletins.publish_bulletin", N_("发布通知公告")),
        ),
        roles=(
            RoleTemplate(
                "bulletins.reader",
                N_("通知公告读者"),
                ("bulletins.list_bulletin",),
                is_default=True,
            ),
            RoleTemplate(
                "bulletins.publisher",
                N_("通知公告发布人"),
                (
                    "bulletins.list_bulletin",
                    "bulletins.write_bulletin",
                    "bulletins.publish_bulletin",
                ),
            ),
        ),
    )


@hookimpl
def pages() -> tuple[Page, ...]:
    return PAGES


@hookimpl
def menu() -> tuple[MenuEntry, ...]:
    return (
        MenuEntry(
            N_("通知公告"),
            "/bulletins/",
            "bulletins.list_bulletin",
            N_("综合办公"),
            "speakerphone",
            40,
            "bulletins.read",
        ),
    )


@hookimpl
def records() -> tuple[RecordKind, ...]:
    return (
        RecordKind(
            REALM,
            N_("通知公告"),
            bulletin_title,
            lambda bulletin_id: f"/bulletins/bulletin/{bulletin_id}",
            is_readable,
            "bulletins.list_bulletin",
            owner_of,
            findable_after,
        ),
    )


@hookimpl
def jobs() -> tuple[Job, ...]:
    return JOBS


@hookimpl
def services() -> tuple[Service, ...]:
    return (Service("bulletins.handover/1", hand_over),)


@hookimpl
def slots() -> tuple[Slot, ...]:
    return (Slot("bulletins.detail", N_("通知公告正文之后")),)


# --- contribute


@hookimpl
def desk_tiles(ctx: Context) -> list[DeskTile]:
    if not ctx.may("bulletins.list_bulletin"):
        return []
    rows = received_lines(ctx, received(ctx, Position(), limit=5).rows)
    return [DeskTile(N_("通知公告"), "bulletins/tile.html", {"rows": rows}, "/bulletins/", 20)]
