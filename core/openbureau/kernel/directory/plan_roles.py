"""The roles groups give and take. Grants made by hand are never touched."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from openbureau.kernel.directory.decoding import dn_key
from openbureau.kernel.directory.plan import (
    AccountRow,
    Change,
    Current,
    GrantRow,
    GroupRoleRow,
    RoleChange,
)
from openbureau.kernel.directory.plan_people import PeopleDraft
from openbureau.kernel.directory.snapshot import GroupEntry

# Who, role, unit, reach, group: one of these is held once, whatever the rows say.
_Held = dict[tuple[int, int, str, str, str], list[GrantRow]]


def draft_roles(
    groups: Sequence[GroupEntry] | None,
    current: Current,
    people: PeopleDraft,
    excluded: Collection[str] = frozenset(),
) -> list[RoleChange]:
    """Which roles members of groups receive, and which are taken back from those who left.

    A group that is not in the directory any more takes nothing back by its absence: its
    line is a conflict. Nothing is decided when the groups asked for were not read; where no
    group brings a role any more none are asked for, and what they brought is taken back.
    """
    if not (current.group_roles or current.grants) or (groups is None and current.group_roles):
        return []
    drafted = _RoleDraft(groups or (), current, people, excluded)
    for mapping in current.group_roles:
        drafted.give(mapping)
    drafted.take_back()
    return drafted.changes


class _RoleDraft:
    """The role changes while they are being decided."""

    def __init__(
        self,
        groups: Sequence[GroupEntry],
        current: Current,
        people: PeopleDraft,
        excluded: Collection[str],
    ) -> None:
        self.changes: list[RoleChange] = []
        self._by_id = {group.external_id: group for group in groups if group.external_id}
        self._by_dn = {dn_key(group.dn): group for group in groups}
        self._people = people
        self._excluded = excluded
        self._accounts: Mapping[str, AccountRow] = {
            row.external_id: row
            for row in current.accounts
            if row.external_id and current.may_take(row)
        }
        self._external_ids = {row.id: external for external, row in self._accounts.items()}
        self._created: Mapping[str, Change] = {
            change.external_id: change for change in people.changes if change.action == "create"
        }
        self._left: _Held = defaultdict(list)
        for grant in sorted(current.grants, key=lambda grant: grant.id):
            unit, group = f"unit:{grant.unit_id}", dn_key(grant.group)
            key = (grant.account_id, grant.role_id, unit, grant.reach, group)
            self._left[key].append(grant)
        self._given: set[tuple[str, int, str, str, str]] = set()

    def give(self, mapping: GroupRoleRow) -> None:
        """Decides over every member of one group; what they hold already is left alone."""
        group = self._by_id.get(mapping.external_id) or self._by_dn.get(dn_key(mapping.group_dn))
        if group is None:
            self._keep_all(mapping)
            return
        for external_id in sorted(group.members):
            home = self._people.homes.get(external_id, "")
            unit = f"unit:{mapping.unit_id}" if mapping.unit_id else home
            if unit:
                self._give_to(external_id, mapping, unit, home)

    def _give_to(self, external_id: str, mapping: GroupRoleRow, unit: str, home: str) -> None:
        row = self._accounts.get(external_id)
        group = dn_key(mapping.group_dn)
        given = (external_id, mapping.role_id, unit, mapping.reach, group)
        if given in self._given:
            return
        self._given.add(given)
        is_administrator = row is not None and row.administrator is not None
        if row is not None and not is_administrator:
            # The first is kept; what else there is of the same ends with what is left.
            held = self._left.get((row.id, mapping.role_id, unit, mapping.reach, group))
            if held:
                del held[0]
                return
        elif row is None and external_id not in self._created:
            return
        self._add(
            RoleChange(
                action="grant",
                external_id=f"{external_id}/{mapping.id}",
                grant_id=None,
                holder=f"account:{row.id}" if row else f"entry:{external_id}",
                name=row.name if row else self._created[external_id].name,
                key=row.login if row else self._created[external_id].key,
                role_id=mapping.role_id,
                role_code=mapping.role_code,
                unit=unit,
                reach=mapping.reach,
                group=mapping.group_dn,
                group_role_id=mapping.id,
                home=home,
                reason="administrator-does-no-business" if is_administrator else "",
            ),
            external_id,
        )

    def _keep_all(self, mapping: GroupRoleRow) -> None:
        group = dn_key(mapping.group_dn)
        for key in [key for key in self._left if (key[1], key[4]) == (mapping.role_id, group)]:
            del self._left[key]
        self.changes.append(
            RoleChange(
                action="conflict",
                external_id=f"group/{mapping.id}",
                grant_id=None,
                holder="",
                name=mapping.group_dn,
                key=mapping.role_code,
                role_id=mapping.role_id,
                role_code=mapping.role_code,
                unit="",
                reach=mapping.reach,
                group=mapping.group_dn,
                group_role_id=mapping.id,
                reason="group-missing",
            )
        )

    def take_back(self) -> None:
        """Plans the end of every grant no group stands for any more."""
        names = {row.id: row for row in self._accounts.values()}
        surplus = (grant for grants in self._left.values() for grant in grants)
        for grant in sorted(surplus, key=lambda grant: grant.id):
            row = names.get(grant.account_id)
            external_id = self._external_ids.get(grant.account_id, "")
            self._add(
                RoleChange(
                    action="revoke",
                    external_id=f"{external_id}/grant/{grant.id}",
                    grant_id=grant.id,
                    holder=f"account:{grant.account_id}",
                    name=row.name if row else "",
                    key=row.login if row else "",
                    role_id=grant.role_id,
                    role_code=grant.role_code,
                    unit=f"unit:{grant.unit_id}",
                    reach=grant.reach,
                    group=grant.group,
                    home=f"unit:{row.unit_id}" if row and row.unit_id else "",
                ),
                external_id,
            )

    def _add(self, change: RoleChange, external_id: str) -> None:
        """A line that is excluded itself, or with its person, becomes a conflict."""
        is_excluded = change.external_id in self._excluded or external_id in self._excluded
        reason = f"excluded:{change.action}" if is_excluded else change.reason
        if reason:
            fields = {name: getattr(change, name) for name in change.__struct_fields__}
            change = RoleChange(**{**fields, "action": "conflict", "reason": reason})
        self.changes.append(change)
