"""How much people and units keep in attachments, and how much they may.

What counts is every attachment that hangs on a record now, for whoever attached it; content
that two people attach is kept once and counts for both.
"""

from typing import Any

from peewee import JOIN, fn

from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.files.errors import QuotaExceeded
from openbureau.kernel.files.models import Attachment, StoredFile
from openbureau.kernel.settings.queries import core_setting
from openbureau.kernel.units.models import Unit

MIB = 1024 * 1024


def used_bytes(account_id: int) -> int:
    """What a person's attachments hold."""
    total = (
        Attachment.select(fn.SUM(StoredFile.size_bytes))
        .join(StoredFile)
        .where((Attachment.account == account_id) & Attachment.removed_at.is_null())
        .scalar()
    )
    return int(total or 0)


def quota_bytes(unit_id: int | None) -> int:
    """What each person of a unit may keep."""
    return int(core_setting("core.quota_mb", unit_id)) * MIB


def require_room(account_id: int, unit_id: int | None, name: str, size_bytes: int) -> None:
    """Raises QuotaExceeded: the person would keep more than they may."""
    used, quota = used_bytes(account_id), quota_bytes(unit_id)
    if used + size_bytes > quota:
        raise QuotaExceeded(name=name, used_mb=f"{used / MIB:.1f}", quota_mb=quota // MIB)


def stored_totals() -> dict[str, int]:
    """Contents and their bytes on disk, attachments hanging now, and those taken off."""
    files, size_bytes = StoredFile.select(
        fn.COUNT(StoredFile.id), fn.COALESCE(fn.SUM(StoredFile.size_bytes), 0)
    ).scalar(as_tuple=True)
    live = Attachment.select().where(Attachment.removed_at.is_null()).count()
    return {
        "files": files,
        "bytes": int(size_bytes),
        "attachments": live,
        "removed": Attachment.select().count() - live,
    }


def usage_by_person(limit: int) -> list[Any]:
    """Who keeps most. Rows: uid, name, unit_id, unit_name, total, size_bytes."""
    home = Post.alias("home")
    query: Any = (
        Attachment.select(
            Account.uid,
            Account.name,
            home.unit.alias("unit_id"),
            Unit.short_name.alias("unit_name"),
            fn.COUNT(Attachment.id).alias("total"),
            fn.SUM(StoredFile.size_bytes).alias("size_bytes"),
        )
        .join(StoredFile)
        .switch(Attachment)
        .join(Account)
        .join(
            home,
            JOIN.LEFT_OUTER,
            on=((home.account == Account.id) & home.is_primary & home.is_active),
        )
        .join(Unit, JOIN.LEFT_OUTER, on=(home.unit == Unit.id))
        .where(Attachment.removed_at.is_null())
        .group_by(Account.id, Account.uid, Account.name, home.unit, Unit.short_name)
        .order_by(fn.SUM(StoredFile.size_bytes).desc(), Account.id)
        .limit(limit)
    )
    return list(query.namedtuples())


def usage_by_unit(limit: int) -> list[Any]:
    """Which access units keep most. Rows: code, name, people, total, size_bytes."""
    home, access = Post.alias("home"), Unit.alias("access")
    query: Any = (
        Attachment.select(
            access.code,
            access.short_name.alias("name"),
            fn.COUNT(Attachment.account.distinct()).alias("people"),
            fn.COUNT(Attachment.id).alias("total"),
            fn.SUM(StoredFile.size_bytes).alias("size_bytes"),
        )
        .join(StoredFile)
        .switch(Attachment)
        .join(
            home,
            on=((home.account == Attachment.account) & home.is_primary & home.is_active),
        )
        .join(Unit, on=(home.unit == Unit.id))
        .join(access, on=(Unit.access_unit == access.id))
        .where(Attachment.removed_at.is_null())
        .group_by(access.id, access.code, access.short_name)
        .order_by(fn.SUM(StoredFile.size_bytes).desc(), access.code)
        .limit(limit)
    )
    return list(query.namedtuples())


def biggest_files(limit: int) -> list[Any]:
    """The largest attachments. Rows: name, size_bytes, person, realm, attached_at."""
    query: Any = (
        Attachment.select(
            Attachment.name,
            StoredFile.size_bytes,
            Account.name.alias("person"),
            Attachment.realm,
            Attachment.attached_at,
        )
        .join(StoredFile)
        .switch(Attachment)
        .join(Account, JOIN.LEFT_OUTER)
        .where(Attachment.removed_at.is_null())
        .order_by(StoredFile.size_bytes.desc(), Attachment.id)
        .limit(limit)
    )
    return list(query.namedtuples())
