"""What the records of the audit trail are about: a name, and the page that shows it.

The records of one page are looked up together, one statement for each kind among them.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from peewee import JOIN

from openbureau.base.context import NOWHERE, Context
from openbureau.base.i18n import N_, Catalogue
from openbureau.base.pages import moment
from openbureau.base.plugins import Plugins
from openbureau.base.request import Request
from openbureau.kernel.access.models import Delegation, Role, RoleGrant
from openbureau.kernel.accounts.models import Account, Post, Session
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.handover.models import Handover
from openbureau.kernel.jobs.models import Job
from openbureau.kernel.settings.queries import settings_of
from openbureau.kernel.sync.models import SyncRun
from openbureau.kernel.units.models import Unit
from openbureau.kernel.units.queries import UnitTree, unit_tree
from openbureau.shell.job_labels import job_label

MOST_VISITED = 50


@dataclass(frozen=True, slots=True)
class Subject:
    """What a record is about; `url` is empty where its reader has no page of it."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the trail, in what language. `person` is None on the command line, which has
    no pages to lead to."""

    person: Context | None
    plugins: Plugins
    catalogue: Catalogue
    tree: UnitTree


def reader_of(request: Request) -> Reader:
    """Who asks for a page."""
    tree = unit_tree(request.session.units_epoch)
    return Reader(request.person, request.app.plugins, request.catalogue, tree)


class Subjects:
    """The subjects of some records, as far as they still stand in the database."""

    def __init__(self, reader: Reader, rows: Sequence[Any]) -> None:
        self._reader = reader
        self._say = reader.catalogue.gettext
        wanted: dict[str, set[int]] = defaultdict(set)
        for row in rows:
            if row.record_id is not None:
                wanted[row.realm].add(row.record_id)
        self._found: Mapping[str, Mapping[int, Subject]] = {
            realm: self._look_up(realm, ids) for realm, ids in wanted.items()
        }

    def of(self, realm: str, record_id: int | None) -> Subject | None:
        """The subject as it is called now; None: it is gone, or of no kind with names."""
        return None if record_id is None else self._found.get(realm, {}).get(record_id)

    def setting(self, key: str) -> Subject | None:
        """A setting by its key; None: nobody declares it any more."""
        declared = settings_of(self._reader.plugins).get(key)
        if declared is None:
            return None
        page = "policies" if declared.permission == "core.manage_policies" else "settings"
        url = f"/-/console/{page}/{key}"
        return Subject(self._say(declared.label), self._if_may(declared.permission, url))

    def plugin(self, slug: str) -> Subject | None:
        """A plugin by its slug; None: it is not installed."""
        record = self._reader.plugins.records.get(slug)
        if record is None:
            return None
        url = self._if_may("core.manage_plugins", f"/-/console/plugins/{slug}")
        return Subject(record.label(self._reader.catalogue.language), url)

    def _look_up(self, realm: str, ids: Collection[int]) -> dict[int, Subject]:
        found: dict[str, Callable[[Any], dict[int, Subject]]] = {
            "core/account": self._accounts,
            "core/unit": self._units,
            "core/role": self._roles,
            "core/grant": self._grants,
            "core/delegation": self._delegations,
            "core/session": self._sessions,
            "core/sync": self._runs,
            "core/directory_source": self._sources,
            "core/handover": self._handovers,
            "core/job": self._jobs,
        }
        if realm in found:
            return found[realm](sorted(ids))
        return self._plugin_records(realm, sorted(ids)[:MOST_VISITED])

    def _if_may(self, permission: str, url: str) -> str:
        person = self._reader.person
        return url if person is not None and person.may(permission) else ""

    def _accounts(self, ids: Any) -> dict[int, Subject]:
        rows = Account.select(Account.id, Account.uid, Account.name).where(Account.id.in_(ids))
        return {row.id: Subject(row.name, f"/-/people/{row.uid}") for row in rows}

    def _units(self, ids: Any) -> dict[int, Subject]:
        rows = Unit.select(Unit.id, Unit.code, Unit.short_name).where(Unit.id.in_(ids))
        return {row.id: Subject(row.short_name, f"/-/units/{row.code}") for row in rows}

    def _roles(self, ids: Any) -> dict[int, Subject]:
        rows = Role.select(Role.id, Role.code, Role.name).where(Role.id.in_(ids))
        return {
            row.id: Subject(
                row.name, self._if_may("core.manage_roles", f"/-/console/roles/{row.code}")
            )
            for row in rows
        }

    def _grants(self, ids: Any) -> dict[int, Subject]:
        person, holder = Account.alias("person"), Account.alias("holder")
        rows: Any = (
            RoleGrant.select(RoleGrant.id, Role.name, person.name, holder.name)
            .join(Role)
            .join_from(RoleGrant, person, JOIN.LEFT_OUTER, on=(RoleGrant.account == person.id))
            .join_from(RoleGrant, Post, JOIN.LEFT_OUTER)
            .join(holder, JOIN.LEFT_OUTER, on=(Post.account == holder.id))
            .where(RoleGrant.id.in_(ids))
            .tuples()
        )
        return {key: Subject(f"{role} · {name or of_post}") for key, role, name, of_post in rows}

    def _delegations(self, ids: Any) -> dict[int, Subject]:
        delegate, delegator = Account.alias("delegate"), Account.alias("delegator")
        rows: Any = (
            Delegation.select(Delegation.id, delegate.name, delegator.name)
            .join(delegate, on=(Delegation.delegate == delegate.id))
            .switch(Delegation)
            .join(delegator, on=(Delegation.delegator == delegator.id))
            .where(Delegation.id.in_(ids))
            .tuples()
        )
        words = N_("%(delegate)s 代 %(holder)s")
        return {
            key: Subject(self._say(words, delegate=acts, holder=absent))
            for key, acts, absent in rows
        }

    def _sessions(self, ids: Any) -> dict[int, Subject]:
        rows: Any = (
            Session.select(Session.id, Account.name, Account.uid)
            .join(Account)
            .where(Session.id.in_(ids))
            .tuples()
        )
        return {key: Subject(name, f"/-/people/{uid}") for key, name, uid in rows}

    def _runs(self, ids: Any) -> dict[int, Subject]:
        rows: Any = (
            SyncRun.select(SyncRun.id, SyncRun.uid, SyncRun.requested_at, DirectorySource.name)
            .join(DirectorySource, JOIN.LEFT_OUTER)
            .where(SyncRun.id.in_(ids))
            .tuples()
        )
        unnamed = self._say(N_("启动设置中的目录"))
        return {
            key: Subject(
                f"{name or unnamed} · {moment(at)}",
                self._if_may("core.run_sync", f"/-/console/sync/{uid}"),
            )
            for key, uid, at, name in rows
        }

    def _sources(self, ids: Any) -> dict[int, Subject]:
        table = DirectorySource
        rows: Any = table.select(table.id, table.code, table.name).where(table.id.in_(ids)).tuples()
        return {
            key: Subject(name, self._if_may("core.run_sync", f"/-/console/sources/{code}"))
            for key, code, name in rows
        }

    def _handovers(self, ids: Any) -> dict[int, Subject]:
        leaver, successor = Account.alias("leaver"), Account.alias("successor")
        rows: Any = (
            Handover.select(Handover.id, Handover.uid, Handover.unit, leaver.name, successor.name)
            .join(leaver, on=(Handover.leaver == leaver.id))
            .switch(Handover)
            .join(successor, on=(Handover.successor == successor.id))
            .where(Handover.id.in_(ids))
            .tuples()
        )
        words = N_("%(leaver)s 交 %(successor)s")
        person = self._reader.person
        reach = person.reach["core.read_audit"] if person else NOWHERE
        return {
            key: Subject(
                self._say(words, leaver=left, successor=came),
                f"/-/handovers/{uid}" if reach.covers(unit_id) else "",
            )
            for key, uid, unit_id, left, came in rows
        }

    def _jobs(self, ids: Any) -> dict[int, Subject]:
        rows: Any = Job.select(Job.id, Job.kind).where(Job.id.in_(ids)).tuples()
        return {
            key: Subject(
                f"{job_label(self._reader.catalogue, self._reader.plugins, kind)} {key}",
                self._if_may("core.manage_jobs", f"/-/console/jobs/{key}"),
            )
            for key, kind in rows
        }

    def _plugin_records(self, realm: str, ids: Sequence[int]) -> dict[int, Subject]:
        """Records of a plugin that the reader may see; of others its line tells what it keeps."""
        ctx = self._reader.person
        record = self._reader.plugins.records.get(realm.partition("/")[0])
        kinds = record.declared.records if record else ()
        kind = next((kind for kind in kinds if kind.realm == realm), None)
        if kind is None or ctx is None or realm.partition("/")[0] not in ctx.plugins:
            return {}
        label = self._say(kind.label)
        return {
            key: Subject(f"{label} {kind.title(ctx, key)}", kind.url(key))
            for key in ids
            if kind.visible(ctx, key)
        }
