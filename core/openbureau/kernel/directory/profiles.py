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

import dataclasses
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

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
    title: tuple[str, ...]
    phone: tuple[str, ...]
    mobile: tuple[str, ...]
    mail: tuple[str, ...]
    room: tuple[str, ...]
    unit_name: tuple[str, ...]
    unit_code: tuple[str, ...]
    modified: str
    group_filter: str
    photo: tuple[str, ...] = ("jpegPhoto", "thumbnailPhoto")
    rank: tuple[str, ...] = ()
    posts: tuple[str, ...] = ()
    disabled: tuple[str, ...] = ()
    group_base: str = ""
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
            *self.title,
            *self.phone,
            *self.mobile,
            *self.mail,
            *self.room,
            *self.unit_name,
            *self.unit_code,
            *self.rank,
            *self.posts,
            *self.state_attributes,
            self.modified,
        )
        return tuple(dict.fromkeys(named))

    @property
    def state_attributes(self) -> tuple[str, ...]:
        """The attributes that say whether a person is disabled."""
        if self.name == "ad":
            return ("userAccountControl", *self.disabled)
        return ("employeeType", "nsAccountLock", "pwdAccountLockedTime", *self.disabled)


OPENLDAP = Profile(
    name="openldap",
    identity="entryUUID",
    is_identity_guid=False,
    unit_filter="(objectClass=organizationalUnit)",
    unit_class="organizationalunit",
    person_filter="(objectClass=inetOrgPerson)",
    login="uid",
    person_name=("cn", "displayName"),
    title=("title",),
    phone=("telephoneNumber",),
    mobile=("mobile",),
    mail=("mail",),
    room=("roomNumber",),
    unit_name=("ou", "description"),
    unit_code=(
        "destinationIndicator",
        "businessCategory",
        "departmentNumber",
        "l",
        "description",
        "ou",
    ),
    modified="modifyTimestamp",
    group_filter=(
        "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup))"
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
    title=("title",),
    phone=("telephoneNumber",),
    mobile=("mobile",),
    mail=("mail",),
    room=("physicalDeliveryOfficeName",),
    unit_name=("ou", "displayName", "description"),
    unit_code=("destinationIndicator", "businessCategory", "l", "description", "ou"),
    modified="uSNChanged",
    group_filter="(objectClass=group)",
    photo=("thumbnailPhoto", "jpegPhoto"),
    harmless_referrals=("ForestDnsZones.", "DomainDnsZones.", "CN=Configuration,"),
)

PROFILES = {"openldap": OPENLDAP, "ad": AD}


# Our fields that another attribute may fill, in the order of the screen. `posts` names
# further units a person works in, `disabled` what says that somebody has left.
SEVERAL = (
    "person_name",
    "title",
    "phone",
    "mobile",
    "mail",
    "room",
    "rank",
    "posts",
    "disabled",
    "photo",
    "unit_name",
    "unit_code",
)
ONE = ("login", "identity")
FILTERS = ("person_filter", "unit_filter", "group_filter", "group_base")


@dataclass(frozen=True, slots=True)
class Mapping:
    """What a directory does otherwise than its profile: attribute names by our field,
    filters, and the names of organisational units that are mere containers."""

    attributes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    person_filter: str = ""
    unit_filter: str = ""
    group_filter: str = ""
    group_base: str = ""
    containers: tuple[str, ...] = ()


AS_THE_PROFILE = Mapping()


@cache
def mapped_profile(profile: Profile, mapping: Mapping) -> Profile:
    """The profile with everything the mapping says otherwise."""
    changes: dict[str, Any] = {
        name: value for name in FILTERS if (value := getattr(mapping, name).strip())
    }
    for field, names in mapping.attributes:
        changes[field] = names[0] if field in ONE else names
    if mapping.containers:
        named = frozenset(name.casefold() for name in mapping.containers)
        changes["containers"] = profile.containers | named
    return dataclasses.replace(profile, **changes) if changes else profile
