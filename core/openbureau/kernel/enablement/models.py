"""Tables of enablement and of the change counters every request reads."""

from peewee import BigIntegerField, BooleanField, CharField, ForeignKeyField, TextField

from openbureau.base.database import InstantField, Table
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.units.models import Unit

PLUGIN_STATES = ("off", "pilot", "on", "readonly")
SCOPES = ("unit", "subtree", "kind")


class PluginRule(Table):
    """One rule: in this scope, this plugin is in this state.

    The nearest rule up the tree wins; at one unit `unit` beats `subtree` beats
    `kind`; a cap above always wins. `people` are account ids of a pilot, as JSON.
    """

    plugin = CharField(max_length=30, index=True)
    scope = CharField(max_length=10)
    unit = ForeignKeyField(Unit, null=True, on_delete="RESTRICT", backref=None)
    kind = CharField(max_length=20, default="")
    state = CharField(max_length=10)
    is_cap = BooleanField(default=False)
    people = TextField(default="[]")
    reason = TextField(default="")
    decided_by = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    decided_at = InstantField()

    class Meta:
        table_name = "plugin_rule"


class Epoch(Table):
    """One row. Each number grows when its snapshot must be rebuilt in every process."""

    plugins = BigIntegerField(default=1)
    units = BigIntegerField(default=1)
    access = BigIntegerField(default=1)

    class Meta:
        table_name = "epoch"


class Stamp(Table):
    """A version that grows with every change of what it names; pages answer 304 by it."""

    name = CharField(max_length=80, unique=True)
    version = BigIntegerField(default=1)

    class Meta:
        table_name = "stamp"
