"""What a plugin declares at start: frozen values, checked before anything is served."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

SLUG = re.compile(r"[a-z][a-z0-9]{2,29}")
RESERVED_SLUGS = frozenset(
    {
        "admin",
        "api",
        "core",
        "kit",
        "plugin",
        "plugins",
        "public",
        "shipped",
        "static",
        "theme",
        "themes",
        "vendor",
    }
)
PERMISSION = re.compile(r"(?P<owner>[a-z][a-z0-9]{2,29})\.(?P<verb>[a-z]+)_(?P<noun>[a-z_]+)")


@dataclass(frozen=True, slots=True)
class Permission:
    """One verb on one noun, `<slug>.<verb>_<noun>`, with its label."""

    code: str
    label: str


@dataclass(frozen=True, slots=True)
class RoleTemplate:
    """A role a plugin proposes. `is_default` roles are held by all staff in their own unit."""

    code: str
    name: str
    permissions: Sequence[str]
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Separation:
    """Nobody may do both verbs on one record."""

    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Permissions:
    """Everything a plugin says about who may do what."""

    permissions: Sequence[Permission]
    roles: Sequence[RoleTemplate] = ()
    separations: Sequence[Separation] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """One page: path below the plugin, view, permission. There is no default permission.

    `path` is like `bulletin/{id:int}`; `is_self_managed` pages open their own
    transactions because they do slow work between them; `asks_directory` says that the
    view waits for a server that may hang: such pages share threads with no others.
    `is_reading` pages change nothing of the plugin's, so that they stay open where it can
    only be read; `is_writing` pages, the empty form for instance, lead to nothing but a change
    and are shut there although they are only looked at. `uploads` lets the page receive files;
    `stamps` names what the page's content depends on, so that an unchanged page answers 304.
    """

    path: str
    view: Callable[..., Any]
    permission: str
    methods: tuple[str, ...] = ("GET",)
    name: str = ""
    zone: Literal["staff", "public", "api"] = "staff"
    uploads: bool = False
    is_self_managed: bool = False
    asks_directory: bool = False
    is_reading: bool = False
    stamps: tuple[str, ...] = ()
    is_writing: bool = False


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A line of the menu. `count` names a number shown beside it."""

    label: str
    url: str
    permission: str
    group: str = ""
    icon: str = "file"
    order: int = 100
    count: str = ""


@dataclass(frozen=True, slots=True)
class RecordKind:
    """A kind of record others may refer to: `realm` is `<slug>/<noun>`.

    `title(ctx, id)` and `url(id)` name it; `visible(ctx, id)` says whether this person
    may see it and is asked before its attachments are served. `label` names the kind.
    `permission` is the one whose reach shows a record, and `unit(id)` the access unit it
    belongs to (None: there is no such record): with them "why" can say more.
    `findable(after_id, limit)` gives the next records by their ids as the search shows them,
    so that the index can be built anew.
    """

    realm: str
    label: str
    title: Callable[[Any, int], str]
    url: Callable[[int], str]
    visible: Callable[[Any, int], bool]
    permission: str = ""
    unit: Callable[[int], int | None] | None = None
    findable: Callable[[int, int], Sequence[Any]] | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A handler of ledger jobs. `kind` is `<slug>.<verb>_<noun>`; it must be idempotent."""

    kind: str
    handler: Callable[[Any], None]
    label: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """A named function other plugins may call: `entities.registry/1`. Plain values only."""

    name: str
    provide: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Slot:
    """A named place in one of this plugin's pages that others may fill."""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class Setting:
    """A value administrators change while the system runs; `<slug>.<noun>` is its key.

    The type of `default` (bool, int or str) is the type of the value. `choices` are (value,
    label) pairs. An `is_local` one may differ per unit: the nearest choice up the tree
    holds. `permission` is who may change it.
    """

    key: str
    label: str
    default: Any
    description: str = ""
    choices: Sequence[tuple[str, str]] = ()
    minimum: int | None = None
    maximum: int | None = None
    is_local: bool = False
    permission: str = "core.manage_settings"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of `openbureau check`: returns None when well, or what to do."""

    name: str
    label: str
    run: Callable[[], str | None]


@dataclass(frozen=True, slots=True)
class DeskTile:
    """A tile on the desk: a template and its values.

    A tile of the day's appointments (`is_schedule`) takes the place of 今日, also on the
    desk of leaders, which shows no other tile.
    """

    title: str
    template: str
    context: Mapping[str, Any]
    url: str = ""
    order: int = 100
    is_schedule: bool = False


@dataclass(frozen=True, slots=True)
class SlotFill:
    """What a plugin puts into somebody else's slot."""

    template: str
    context: Mapping[str, Any]
    order: int = 100


@dataclass(frozen=True, slots=True)
class Declared:
    """All that one plugin declared, after checking."""

    permissions: Permissions = field(default_factory=lambda: Permissions(()))
    pages: Sequence[Page] = ()
    menu: Sequence[MenuEntry] = ()
    records: Sequence[RecordKind] = ()
    jobs: Sequence[Job] = ()
    services: Sequence[Service] = ()
    slots: Sequence[Slot] = ()
    settings: Sequence[Setting] = ()
    checks: Sequence[Check] = ()
    commands: Sequence[Any] = ()
    registers: Sequence[Any] = ()
    flows: Sequence[Any] = ()
