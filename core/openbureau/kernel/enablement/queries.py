"""Which plugin is in which state where: one immutable snapshot per change."""

import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from openbureau.kernel.enablement.models import PluginRule
from openbureau.kernel.units.queries import UnitNode, UnitTree, unit_tree

_ORDER = {"off": 0, "readonly": 1, "pilot": 2, "on": 3}


@dataclass(frozen=True, slots=True)
class Rule:
    """One enablement rule, without its database row."""

    id: int
    plugin: str
    scope: str
    unit_id: int | None
    kind: str
    state: str
    is_cap: bool
    people: frozenset[int]


@dataclass(frozen=True, slots=True)
class Resolved:
    """A plugin's state in one unit and the rule that says so (None: the default, off)."""

    state: str
    rule: Rule | None
    cap: Rule | None = None


@dataclass(frozen=True, slots=True)
class Enablement:
    """The resolved state of every (plugin, access unit)."""

    states: Mapping[tuple[str, int], Resolved]
    plugins: tuple[str, ...]
    _standing: dict[tuple[int, tuple[int, ...]], tuple[frozenset[str], frozenset[str]]] = field(
        default_factory=dict
    )

    def resolved(self, plugin: str, unit_id: int) -> Resolved:
        """State and deciding rule of a plugin in an access unit."""
        return self.states.get((plugin, unit_id), _OFF)

    def state(self, plugin: str, unit_id: int) -> str:
        """`off`, `pilot`, `on` or `readonly`."""
        return self.resolved(plugin, unit_id).state

    def for_person(
        self, account_id: int, unit_ids: tuple[int, ...]
    ) -> tuple[frozenset[str], frozenset[str]]:
        """(plugins readable in any of the units, plugins writable in the first of them)."""
        key = (account_id, unit_ids)
        found = self._standing.get(key)
        if found is None:
            readable = frozenset(
                plugin
                for plugin in self.plugins
                if any(self._is_open(plugin, unit, account_id) for unit in unit_ids)
            )
            writable = frozenset(
                plugin
                for plugin in readable
                if unit_ids
                and self.state(plugin, unit_ids[0]) != "readonly"
                and self._is_open(plugin, unit_ids[0], account_id)
            )
            found = self._standing[key] = (readable, writable)
        return found

    def _is_open(self, plugin: str, unit_id: int, account_id: int) -> bool:
        resolved = self.resolved(plugin, unit_id)
        if resolved.rule is not None and resolved.rule.state == "pilot":
            return resolved.state != "off" and account_id in resolved.rule.people
        return resolved.state != "off"


_OFF = Resolved("off", None)


def compile_enablement(rules: Iterable[Rule], plugins: Iterable[str], tree: UnitTree) -> Enablement:
    """Resolves every plugin in every access unit.

    Walking up from the unit the nearest node with a rule wins; at one node `unit` beats
    `subtree` beats `kind`; a cap above lowers the result and always wins.
    """
    by_place: dict[tuple[str, str, int | str], Rule] = {}
    for rule in rules:
        place = rule.kind if rule.scope == "kind" else rule.unit_id
        if place is not None:
            suffix = ":cap" if rule.is_cap else ""
            by_place[rule.plugin, rule.scope + suffix, place] = rule
    slugs = tuple(plugins)
    states = {}
    for slug in slugs:
        for unit in tree.access_units():
            resolved = _resolve(slug, unit, tree, by_place)
            if resolved is not _OFF:
                states[slug, unit.id] = resolved
    return Enablement(states, slugs)


def _resolve(
    slug: str, unit: UnitNode, tree: UnitTree, rules: Mapping[tuple[str, str, int | str], Rule]
) -> Resolved:
    chain = [unit, *tree.ancestors(unit.id)]
    deciding = rules.get((slug, "unit", unit.id))
    for node in chain if deciding is None else ():
        deciding = rules.get((slug, "subtree", node.id))
        if deciding is None and node is unit:
            deciding = rules.get((slug, "kind", unit.kind))
        if deciding is not None:
            break
    if deciding is None:
        return _OFF
    caps = [
        rule for node in chain if (rule := rules.get((slug, "subtree:cap", node.id))) is not None
    ]
    strictest = min(caps, key=lambda cap: _ORDER[cap.state], default=deciding)
    if _ORDER[strictest.state] < _ORDER[deciding.state]:
        return Resolved(strictest.state, deciding, strictest)
    return Resolved(deciding.state, deciding)


_lock = threading.Lock()
_current: tuple[tuple[int, int, tuple[str, ...]], Enablement] | None = None


def enablement(epoch: int, tree_version: int, plugins: tuple[str, ...]) -> Enablement:
    """The snapshot at these change counters, compiled once per process and change."""
    global _current  # noqa: PLW0603 - one atomic swap per change
    key = (epoch, tree_version, plugins)
    current = _current
    if current is None or current[0] != key:
        with _lock:
            compiled = compile_enablement(enablement_rules(), plugins, unit_tree(tree_version))
            _current = current = (key, compiled)
    return current[1]


def enablement_rules() -> list[Rule]:
    """Every rule, oldest first: of two rules for one place the later wins."""
    return [
        Rule(
            row.id,
            row.plugin,
            row.scope,
            row.unit_id,
            row.kind,
            row.state,
            bool(row.is_cap),
            frozenset(json.loads(row.people)),
        )
        for row in PluginRule.select().order_by(PluginRule.id)
    ]
