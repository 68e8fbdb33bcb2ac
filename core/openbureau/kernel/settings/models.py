"""Table of values administrators chose."""

from peewee import CharField, ForeignKeyField, TextField

from openbureau.base.database import InstantField, Table
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.units.models import Unit


class SettingValue(Table):
    """A value chosen for a unit and all below it; the nearest one up the tree holds.

    `value` is JSON. Without a unit it is the installation's.
    """

    key = CharField(max_length=80)
    unit = ForeignKeyField(Unit, null=True, on_delete="RESTRICT", backref=None)
    value = TextField()
    account = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    chosen_at = InstantField()

    class Meta:
        table_name = "setting_value"
        indexes = ((("key", "unit"), False),)
