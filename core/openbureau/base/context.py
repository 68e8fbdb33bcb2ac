"""Who is asking, in which unit, with which permissions, at what time."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openbureau.base.errors import Forbidden
from openbureau.base.i18n import N_, Catalogue

CHINA = dt.timezone(dt.timedelta(hours=8), "Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Person:
    """The account of the request."""

    id: int
    uid: str
    login: str
    name: str
    administrator: str | None


@dataclass(frozen=True, slots=True)
class ActingPost:
    """The post a person acts in. `unit_id` may be a section; `access_unit_id` its unit."""

    id: int
    title: str
    unit_id: int
    access_unit_id: int
    is_leader: bool


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a permission is held: access units by id, or everywhere."""

    units: frozenset[int] = frozenset()
    is_everywhere: bool = False

    def covers(self, unit_id: int) -> bool:
        """Whether the permission is held in this access unit."""
        return self.is_everywhere or unit_id in self.units


NOWHERE = Reach()


@dataclass(frozen=True, slots=True)
class Identity:
    """A post a person can act in: one of their own, or one lent by somebody absent (授权代办).

    `is_limited`: only what belongs to that very post is lent. `until` is the last day.
    """

    post: ActingPost
    on_behalf_of: Person | None = None
    is_limited: bool = False
    until: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """The facts of one request or job; passed to every query and action.

    `reach` maps a permission to the units in which it is held. `holders` are the
    names under which this person may take part in a record. `plugins` are the slugs at
    least readable in one of the person's units, `writable` those open for writing in the
    acting unit. While somebody stands in for a colleague, `account` is who really acts,
    `on_behalf_of` the colleague, and posts, reach, holders and plugins are the colleague's.
    `separations` maps a permission to those nobody may use on the same record.
    """

    account: Person
    post: ActingPost | None
    posts: tuple[ActingPost, ...]
    reach: Mapping[str, Reach]
    holders: tuple[str, ...]
    plugins: frozenset[str]
    writable: frozenset[str]
    catalogue: Catalogue
    now: dt.datetime
    request_id: str = ""
    address: str = ""
    tree_version: int = 0
    services: Callable[["Context", str], Any] | None = field(default=None, repr=False)
    settings: Callable[["Context", str], Any] | None = field(default=None, repr=False)
    on_behalf_of: Person | None = None
    is_limited: bool = False
    identities: tuple[Identity, ...] = ()
    separations: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)

    @property
    def principal_id(self) -> int:
        """The account whose duties these are: the person's own, or of whom they stand in for.
        Todos and readings are kept under it."""
        return self.on_behalf_of.id if self.on_behalf_of else self.account.id

    @property
    def language(self) -> str:
        """`zh` or `en`."""
        return self.catalogue.language

    @property
    def today(self) -> dt.date:
        """The day in China."""
        return self.now.astimezone(CHINA).date()

    @property
    def unit_id(self) -> int:
        """The acting post's access unit; Forbidden for an account without a post."""
        if self.post is None:
            raise Forbidden(
                "您的账号还没有登记职务，不能办理业务。",
                remedy=N_("请联系本单位管理员登记所在单位和职务。"),
            )
        return self.post.access_unit_id

    def may(self, permission: str) -> bool:
        """Whether the permission is held anywhere."""
        return permission in self.reach

    def may_in(self, permission: str, unit_id: int) -> bool:
        """Whether the permission is held in this access unit."""
        return self.reach.get(permission, NOWHERE).covers(unit_id)

    def gettext(self, message: str, **params: Any) -> str:
        """The message in this person's language."""
        return self.catalogue.gettext(message, **params)

    def service(self, name: str) -> Any:
        """The function offered under `name`, or None where the unit has its plugin off."""
        return self.services(self, name) if self.services else None

    def setting(self, key: str) -> Any:
        """The value of a setting that holds in the acting unit; of the whole installation for
        an account without a post. Raises KeyError: nobody declares it."""
        if self.settings is None:
            raise KeyError(key)
        return self.settings(self, key)
