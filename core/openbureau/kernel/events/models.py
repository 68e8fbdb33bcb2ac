"""Table of the outbox."""

from peewee import BooleanField, CharField, ForeignKeyField, IntegerField, TextField

from openbureau.base.database import InstantField, Table, UidField
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.units.models import Unit


class Event(Table):
    """Something that happened to a record, for every plugin that wants to know."""

    uid = UidField()
    name = CharField(max_length=80)
    realm = CharField(max_length=60)
    record_id = IntegerField()
    unit = ForeignKeyField(Unit, null=True, on_delete="RESTRICT", backref=None)
    account = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    payload = TextField(default="{}")
    at = InstantField()
    is_routed = BooleanField(default=False)

    class Meta:
        table_name = "event"
        indexes = ((("is_routed", "id"), False),)
