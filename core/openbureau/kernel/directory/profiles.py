"""The kinds of directory: which attribute means what.

One frozen object per kind. Where several attributes are named, the first that holds a
usable value counts. Only attributes of the standard schemas are used, so nothing has to
be added to a directory:

* unit code: `destinationIndicator`, else `businessCategory`, `departmentNumber`, `l`,
  `description`, else the `ou` itself, whichever first looks like a code (letters, digits,
  dot and hyphen with at least one digit). `postalCode` is not asked: it is one.
* unit name: the `ou` value of the entry's own name, or `description` where `ou` is a code.
* disabled: `employeeType` with one of `disabled_words`, `nsAccountLock` true, or
  `pwdAccountLockedTime` 000001010000Z (locked by an administrator; any other time is a
  passing lock after wrong passwords and says nothing about the person). In Active
  Directory bit 2 of `userAccountControl`.
"""

from dataclasses import dataclass
from typing import Literal

ProfileName = Literal["openldap", "ad"]


@dataclass(frozen=True, slots=True)
class Profile:
    """How one kind of directory is read."""

    name: ProfileName
    identity: str
    is_identity_guid: bool
    unit_filter: str
    unit_class: str
    person_filter: str
    login: str
    person_name: tuple[str, ...]
    title: str
    phone: str
    mobile: str
    mail: str
    room: str
    unit_name: tuple[str, ...]
    unit_code: tuple[str, ...]
    harmless_referrals: tuple[str, ...] = ()
    disabled_words: frozenset[str] = frozenset(
        {"disabled", "inactive", "left", "停用", "离职", "禁用"}
    )
    containers: frozenset[str] = frozenset(
        {
            "units",
            "people",
            "persons",
            "users",
            "staff",
            "groups",
            "roles",
            "accounts",
            "services",
            "policies",
            "system",
            "departments",
            "organization",
            "人员",
            "用户",
            "单位",
            "组织机构",
        }
    )

    @property
    def search_filter(self) -> str:
        """Units and people together: one search is one look at the directory."""
        return f"(|{self.unit_filter}{self.person_filter})"

    @property
    def attributes(self) -> tuple[str, ...]:
        """Every attribute the snapshot needs."""
        named = (
            "objectClass",
            self.identity,
            self.login,
            *self.person_name,
            self.title,
            self.phone,
            self.mobile,
            self.mail,
            self.room,
            *self.unit_name,
            *self.unit_code,
            *self.state_attributes,
        )
        return tuple(dict.fromkeys(named))

    @property
    def state_attributes(self) -> tuple[str, ...]:
        """The attributes that say whether a person is disabled."""
        if self.name == "ad":
            return ("userAccountControl",)
        return ("employeeType", "nsAccountLock", "pwdAccountLockedTime")


OPENLDAP = Profile(
    name="openldap",
    identity="entryUUID",
    is_identity_guid=False,
    unit_filter="(objectClass=organizationalUnit)",
    unit_class="organizationalunit",
    person_filter="(objectClass=inetOrgPerson)",
    login="uid",
    person_name=("cn", "displayName"),
    title="title",
    phone="telephoneNumber",
    mobile="mobile",
    mail="mail",
    room="roomNumber",
    unit_name=("ou", "description"),
    unit_code=(
        "destinationIndicator",
        "businessCategory",
        "departmentNumber",
        "l",
        "description",
        "ou",
    ),
)

AD = Profile(
    name="ad",
    identity="objectGUID",
    is_identity_guid=True,
    unit_filter=("(&(objectClass=organizationalUnit)(!(isCriticalSystemObject=TRUE)))"),
    unit_class="organizationalunit",
    person_filter=("(&(objectCategory=person)(objectClass=user)(!(isCriticalSystemObject=TRUE)))"),
    login="sAMAccountName",
    person_name=("displayName", "cn"),
    title="title",
    phone="telephoneNumber",
    mobile="mobile",
    mail="mail",
    room="physicalDeliveryOfficeName",
    unit_name=("ou", "displayName", "description"),
    unit_code=("destinationIndicator", "businessCategory", "l", "description", "ou"),
    harmless_referrals=("ForestDnsZones.", "DomainDnsZones.", "CN=Configuration,"),
)

PROFILES = {"openldap": OPENLDAP, "ad": AD}
