"""Finding, checking and loading plugins. The core always starts.

A manifest is read before any code of the plugin is imported. A plugin that is
malformed, incompatible, lacks a requirement or fails at import is kept as a record
with its reason; the others are loaded.
"""

import importlib
import importlib.metadata
import importlib.util
import logging
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import msgspec
import pluggy

from openbureau.base import hookspecs
from openbureau.base.declarations import PERMISSION, RESERVED_SLUGS, SLUG, Declared, Permissions
from openbureau.base.executor import Executor

log = logging.getLogger("openbureau.plugins")

ENTRY_POINTS = "openbureau.plugins"
API_VERSION = (1, 0)
_DECLARE_HOOKS = [
    "permissions",
    "settings",
    "pages",
    "menu",
    "records",
    "registers",
    "flows",
    "jobs",
    "services",
    "slots",
    "checks",
    "commands",
]


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`plugin.toml`: read without importing the plugin."""

    slug: str
    name: dict[str, str]
    version: str
    api: str
    vendor: str
    phase: Literal[1, 2, 3]
    level: Literal["unit", "global"] = "unit"
    summary: dict[str, str] = {}
    security_contact: str = ""
    requires: list[str] = []
    optional: list[str] = []
    conflicts: list[str] = []
    on_disable: str = "keep"
    retention: str = ""


@dataclass(frozen=True, slots=True)
class PluginRecord:
    """One discovered plugin: loaded, or refused with a reason in both languages."""

    slug: str
    module_name: str
    folder: Path | None = None
    manifest: Manifest | None = None
    declared: Declared = field(default_factory=Declared)
    module: ModuleType | None = None
    problem: str = ""

    @property
    def is_loaded(self) -> bool:
        return self.module is not None and not self.problem

    def label(self, language: str) -> str:
        """The plugin's name in a language, or its slug."""
        names = self.manifest.name if self.manifest else {}
        return names.get(language) or names.get("zh") or self.slug


@dataclass(frozen=True)
class Plugins:
    """All plugins of one application."""

    records: Mapping[str, PluginRecord]
    executor: Executor

    @cached_property
    def loaded(self) -> list[PluginRecord]:
        """Loaded plugins, requirements before those that need them."""
        return [record for record in self.records.values() if record.is_loaded]

    @cached_property
    def slugs(self) -> tuple[str, ...]:
        """Slugs of the loaded plugins, in the same order."""
        return tuple(record.slug for record in self.loaded)

    @cached_property
    def separations(self) -> Mapping[str, tuple[str, ...]]:
        """For every permission of a separation rule those nobody may use on the same record."""
        pairs = [
            pair
            for record in self.loaded
            for rule in record.declared.permissions.separations
            for pair in ((rule.first, rule.second), (rule.second, rule.first))
        ]
        return {
            first: tuple(dict.fromkeys(other for one, other in pairs if one == first))
            for first, _ in pairs
        }

    @cached_property
    def permission_labels(self) -> Mapping[str, str]:
        """The label of every permission a loaded plugin declares, by code."""
        return {
            permission.code: permission.label
            for record in self.loaded
            for permission in record.declared.permissions.permissions
        }


@dataclass(frozen=True, slots=True)
class Source:
    """Where a plugin comes from: an installed distribution, or a test's module."""

    slug: str
    module_name: str
    module: ModuleType | None = None
    manifest: Manifest | None = None


class _Refusal(Exception):
    """A plugin cannot be loaded; the message says why in both languages."""


def installed_plugins() -> list[Source]:
    """Plugins of the installed distributions, by slug."""
    found = importlib.metadata.entry_points(group=ENTRY_POINTS)
    return sorted((Source(point.name, point.value) for point in found), key=lambda s: s.slug)


def load_plugins(sources: Iterable[Source], parked: Mapping[str, str] | None = None) -> Plugins:
    """Loads what can be loaded; every source ends as one record. `parked` are slugs that must
    not be loaded, each with the reason."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    records: dict[str, PluginRecord] = {}
    modules = {}
    for source in sources:
        modules[source.slug] = source.module
        if source.slug in records:
            first = records[source.slug]
            log.error("plugin slug %s is claimed twice; keeping %s", source.slug, first.module_name)
            records[source.slug] = replace(
                first,
                problem=f"业务模块代码 {source.slug} 重复 / slug claimed twice: "
                f"{first.module_name}, {source.module_name}",
                module=None,
            )
            continue
        record = _with_manifest(source)
        reason = (parked or {}).get(source.slug)
        records[source.slug] = _refused(record, reason) if reason else record
    for slug in _load_order(records):
        records[slug] = _loaded(records[slug], modules[slug], records, manager)
    ordered = {slug: records[slug] for slug in _load_order(records)}
    return Plugins(
        ordered | {s: r for s, r in records.items() if s not in ordered}, Executor(manager)
    )


def _with_manifest(source: Source) -> PluginRecord:
    record = PluginRecord(source.slug, source.module_name)
    try:
        if source.manifest is not None:
            manifest, folder = source.manifest, None
        else:
            folder = _package_folder(source.module_name)
            manifest = _read_manifest(folder)
        _check_manifest(source.slug, manifest)
    except _Refusal as refusal:
        return _refused(record, str(refusal))
    return replace(record, manifest=manifest, folder=folder)


def _package_folder(module_name: str) -> Path:
    try:
        spec = importlib.util.find_spec(module_name)
    except (ImportError, ValueError) as fault:
        raise _Refusal(f"找不到 {module_name} / cannot find {module_name}: {fault}") from fault
    if spec is None or not spec.submodule_search_locations:
        raise _Refusal(f"找不到程序包 {module_name} / package {module_name} not found")
    return Path(next(iter(spec.submodule_search_locations)))


def _read_manifest(folder: Path) -> Manifest:
    path = folder / "plugin.toml"
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), Manifest)
    except FileNotFoundError as fault:
        raise _Refusal("缺少 plugin.toml / plugin.toml is missing") from fault
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as fault:
        raise _Refusal(f"plugin.toml 有误 / plugin.toml is wrong: {fault}") from fault


def _check_manifest(slug: str, manifest: Manifest) -> None:
    if not SLUG.fullmatch(slug) or slug in RESERVED_SLUGS:
        raise _Refusal(f"代码 {slug} 不可用 / slug {slug} is not allowed")
    if manifest.slug != slug:
        raise _Refusal(
            f"plugin.toml 的代码 {manifest.slug} 与登记的 {slug} 不同 / "
            f"plugin.toml names {manifest.slug}, the entry point {slug}"
        )
    if not _is_compatible(manifest.api):
        current = ".".join(map(str, API_VERSION))
        raise _Refusal(
            f"需要接口版本 {manifest.api}，本系统是 {current} / "
            f"needs API {manifest.api}, this system has {current}"
        )


def _is_compatible(wanted: str) -> bool:
    for part in wanted.split(","):
        condition = part.strip()
        operator = condition.rstrip("0123456789.")
        try:
            version = tuple(int(n) for n in condition[len(operator) :].split("."))
        except ValueError:
            return False
        current = API_VERSION[: len(version)]
        matches = {">=": current >= version, "<": current < version, "==": current == version}
        if not matches.get(operator, False):
            return False
    return True


def _load_order(records: Mapping[str, PluginRecord]) -> list[str]:
    """Requirements first; members of a cycle keep their place and are refused on loading."""
    ordered: list[str] = []
    visiting: set[str] = set()

    def visit(slug: str) -> None:
        if slug in ordered or slug in visiting or slug not in records:
            return
        visiting.add(slug)
        manifest = records[slug].manifest
        for needed in [*manifest.requires, *manifest.optional] if manifest else ():
            visit(needed)
        ordered.append(slug)

    for slug in sorted(records):
        visit(slug)
    return ordered


def _loaded(
    record: PluginRecord,
    given: ModuleType | None,
    records: Mapping[str, PluginRecord],
    manager: pluggy.PluginManager,
) -> PluginRecord:
    if record.problem or record.manifest is None:
        return record
    try:
        _check_neighbours(record.manifest, records)
        module = given or _imported(record.module_name)
        manager.register(module, record.slug)
        try:
            _check_hooks(module, record.slug, manager)
            declared = _declared(record.slug, manager)
        except BaseException:
            manager.unregister(name=record.slug)
            raise
    except _Refusal as refusal:
        return _refused(record, str(refusal))
    except (Exception, SystemExit) as fault:
        log.exception("plugin %s cannot be loaded", record.slug)
        return _refused(
            record, f"装载时出错 / failed while loading: {type(fault).__name__}: {fault}"
        )
    return replace(record, module=module, declared=declared)


def _check_neighbours(manifest: Manifest, records: Mapping[str, PluginRecord]) -> None:
    missing = [s for s in manifest.requires if s not in records or not records[s].is_loaded]
    if missing:
        raise _Refusal(
            f"需要的业务模块没有装载 / required plugins are not loaded: {', '.join(missing)}"
        )
    clashing = [s for s in manifest.conflicts if s in records and records[s].is_loaded]
    if clashing:
        raise _Refusal(f"与已装载的业务模块冲突 / conflicts with: {', '.join(clashing)}")


def _imported(module_name: str) -> ModuleType:
    before = set(sys.modules)
    try:
        return importlib.import_module(module_name)
    except BaseException:
        for name in set(sys.modules) - before:
            if name.partition(".")[0] == module_name.partition(".")[0]:
                del sys.modules[name]
        raise


def _check_hooks(module: ModuleType, slug: str, manager: pluggy.PluginManager) -> None:
    known = {name for name in vars(hookspecs) if not name.startswith("_")}
    for name in dir(module):
        options = manager.parse_hookimpl_opts(module, name)
        if options is not None and (options.get("specname") or name) not in known:
            raise _Refusal(f"没有名为 {name} 的挂钩 / there is no hook named {name}")
    log.debug("plugin %s registered", slug)


def _declared(slug: str, manager: pluggy.PluginManager) -> Declared:
    values: dict[str, Any] = {}
    for hook in _DECLARE_HOOKS:
        for impl in getattr(manager.hook, hook).get_hookimpls():
            if impl.plugin_name == slug:
                values[hook] = impl.function()
    declared = Declared(**values)
    _check_declared(slug, declared)
    return declared


def _check_declared(slug: str, declared: Declared) -> None:
    if not isinstance(declared.permissions, Permissions):
        raise _Refusal("permissions 应返回 Permissions / permissions must return Permissions")
    codes = {permission.code for permission in declared.permissions.permissions}
    _check_names(slug, declared, codes)
    named = [page.permission for page in declared.pages]
    named += [entry.permission for entry in declared.menu]
    named += [
        permission
        for one in declared.registers
        for permission in (one.read, one.write, one.personal)
        if permission
    ]
    for permission in named:
        if permission not in codes and permission != "public":
            raise _Refusal(f"未声明的权限 {permission} / permission {permission} is not declared")
    for role in declared.permissions.roles:
        if unknown := set(role.permissions) - codes:
            raise _Refusal(f"角色引用了未声明的权限 / role names unknown permissions: {unknown}")


def _owner(permission: str) -> str:
    match = PERMISSION.fullmatch(permission)
    return match["owner"] if match else ""


def _check_names(slug: str, declared: Declared, codes: set[str]) -> None:
    owned = [
        *((code, _owner(code) == slug) for code in codes),
        *((kind.realm, kind.realm.startswith(f"{slug}/")) for kind in declared.records),
        *((setting.key, setting.key.startswith(f"{slug}.")) for setting in declared.settings),
        *((job.kind, job.kind.startswith(f"{slug}.")) for job in declared.jobs),
        *((service.name, service.name.startswith(f"{slug}.")) for service in declared.services),
        *((entry.url, entry.url.startswith(f"/{slug}")) for entry in declared.menu),
        *((one.realm, one.realm.startswith(f"{slug}/")) for one in declared.registers),
    ]
    for name, is_own in owned:
        if not is_own:
            raise _Refusal(f"名称 {name} 不属于 {slug} / the name {name} does not belong to {slug}")
    places = [
        (page.zone == "api", page.path, method)
        for page in declared.pages
        for method in page.methods
    ]
    if len(places) != len(set(places)):
        raise _Refusal("同一网址声明了两次 / one address is declared twice")


def _refused(record: PluginRecord, problem: str) -> PluginRecord:
    log.error("plugin %s is parked: %s", record.slug, problem)
    return replace(record, problem=problem, module=None)
