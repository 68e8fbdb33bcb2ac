"""Table of handovers."""

from peewee import CharField, ForeignKeyField, TextField

from openbureau.base.database import InstantField, Table, UidField
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.units.models import Unit


class Handover(Table):
    """What one person handed over to another, as a signed list.

    `lines` is the list (JSON), `digest` its SHA-256, `signature` that digest signed with the
    installation's audit key.
    """

    uid = UidField()
    leaver = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    successor = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    unit = ForeignKeyField(Unit, null=True, on_delete="RESTRICT", backref=None)
    reason = CharField(max_length=500, default="")
    lines = TextField()
    digest = CharField(max_length=64)
    signature = CharField(max_length=200)
    account = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    handed_over_at = InstantField()

    class Meta:
        table_name = "handover"
