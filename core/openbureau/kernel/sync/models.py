"""Tables of synchronisations."""

from peewee import BooleanField, CharField, ForeignKeyField, TextField

from openbureau.base.database import InstantField, Table, UidField
from openbureau.kernel.access.models import Role
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.units.models import Unit

UNDO = "undo"
SCOPES = ("full", "delta", UNDO)
TRIGGERS = ("manual", "schedule", "command")
RUN_STATES = (
    "waiting",  # asked for, not begun
    "reading",
    "planned",  # the plan may be applied
    "blocked",  # a gate tripped: a second administrator has to confirm
    "incomplete",  # the answer cannot be trusted: nothing to apply
    "empty",  # nothing to change
    "applying",  # ordered; the directory is read again and the plan compared
    "refused",  # the directory or the rows changed since the preview
    "applied",
    "undone",
    "discarded",
)


class GroupRole(Table):
    """A group of a directory whose members, also those of groups within it, hold a role.

    Without a unit each member holds it in their own unit.
    """

    source = ForeignKeyField(DirectorySource, on_delete="RESTRICT", backref=None)
    group_dn = CharField(max_length=500)
    external_id = CharField(max_length=64, default="")
    role = ForeignKeyField(Role, on_delete="RESTRICT", backref=None)
    unit = ForeignKeyField(Unit, null=True, on_delete="RESTRICT", backref=None)
    reach = CharField(max_length=10, default="unit")
    is_active = BooleanField(default=True)
    changed_at = InstantField()

    class Meta:
        table_name = "group_role"
        indexes = ((("source", "is_active"), False),)


class SyncRun(Table):
    """One synchronisation: what was read, what it would change, who let it, how to undo it.

    `plan` is the plan's canonical form, `excluded` the stable ids left out of it, `blocked`
    the tripped gates, `reason` why an answer was incomplete, `before` the rows as they were
    (all JSON). `source` is None for the directory of the start-up settings. A run of scope
    `undo` takes another one back; its `plan` names that one.
    """

    uid = UidField()
    source = ForeignKeyField(DirectorySource, null=True, on_delete="RESTRICT", backref=None)
    scope = CharField(max_length=10, default="full")
    trigger = CharField(max_length=10, default="manual")
    state = CharField(max_length=12, default="waiting")
    plan_hash = CharField(max_length=64, default="")
    plan = TextField(default="")
    excluded = TextField(default="[]")
    blocked = TextField(default="[]")
    reason = CharField(max_length=60, default="")
    detail = TextField(default="")
    counts = TextField(default="{}")
    before = TextField(default="")
    requested_by = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    requested_at = InstantField()
    planned_at = InstantField(null=True)
    confirmed_by = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    confirmed_at = InstantField(null=True)
    applied_by = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    applied_at = InstantField(null=True)
    undone_by = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    undone_at = InstantField(null=True)

    class Meta:
        table_name = "sync_run"
        indexes = ((("source", "requested_at"), False), (("state", "requested_at"), False))
