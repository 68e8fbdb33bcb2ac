"""What each person chose lately, and the groups they keep (常用组). Members are choices such
as `person:<uid>` and `subtree:530100`."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from openbureau.base.errors import Conflict, Invalid, NotFound
from openbureau.base.i18n import N_
from openbureau.kernel.preferences.actions import keep_preference
from openbureau.kernel.preferences.models import ContactGroup, Preference

RECENT = 20
GROUPS = 50
MEMBERS = 500
NAME_LENGTH = 60


def recent_choices(account_id: int) -> list[str]:
    """The latest choices of a person, the newest first."""
    kept = Preference.select(Preference.recent).where(Preference.account == account_id).scalar()
    return list(json.loads(kept)) if kept else []


def remember_choices(account_id: int, values: Iterable[str]) -> None:
    """Puts choices before what was chosen earlier. The caller holds the transaction."""
    recent = list(dict.fromkeys([*values, *recent_choices(account_id)]))[:RECENT]
    keep_preference(account_id, recent=json.dumps(recent))


def contact_groups(account_id: int) -> list[Any]:
    """(id, name, members) of a person's groups, by name."""
    rows = (
        ContactGroup.select()
        .where(ContactGroup.account == account_id)
        .order_by(ContactGroup.name, ContactGroup.id)
    )
    return [(row.id, row.name, list(json.loads(row.members))) for row in rows]


def keep_group(account_id: int, name: str, members: Sequence[str]) -> None:
    """Keeps a group under a name, in place of one with the same name.

    Raises Invalid: no name or no members. Raises Conflict: the person keeps too many.
    """
    name = " ".join(name.split())[:NAME_LENGTH]
    if not name or not members:
        raise Invalid(N_("常用组要有名称和成员。"))
    others = (ContactGroup.account == account_id) & (ContactGroup.name != name)
    if ContactGroup.select().where(others).count() >= GROUPS:
        raise Conflict(
            N_("最多保存 %(total)s 个常用组。"),
            unaffected=N_("已有的常用组都还在。"),
            remedy=N_("请先删除不用的常用组。"),
            total=GROUPS,
        )
    kept = json.dumps(list(dict.fromkeys(members))[:MEMBERS])
    ContactGroup.insert(account=account_id, name=name, members=kept).on_conflict(
        conflict_target=[ContactGroup.account, ContactGroup.name],
        update={ContactGroup.members: kept},
    ).execute()


def remove_group(account_id: int, group_id: int) -> None:
    """Removes one's own group. Raises NotFound: there is none."""
    mine = (ContactGroup.id == group_id) & (ContactGroup.account == account_id)
    if not ContactGroup.delete().where(mine).execute():
        raise NotFound
