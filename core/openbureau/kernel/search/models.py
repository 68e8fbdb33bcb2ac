"""Tables of the search index. The token column is made by the migration per database."""

from peewee import BooleanField, CharField, ForeignKeyField, IntegerField, TextField

from openbureau.base.database import InstantField, Table
from openbureau.kernel.units.models import Unit


class SearchEntry(Table):
    """One findable record. `is_open` entries are seen by all staff; the others by the
    owner's reach and by participants."""

    realm = CharField(max_length=60)
    record_id = IntegerField()
    plugin = CharField(max_length=30)
    unit = ForeignKeyField(Unit, null=True, on_delete="RESTRICT", backref=None)
    title = CharField(max_length=300)
    summary = TextField(default="")
    is_open = BooleanField(default=False)
    at = InstantField()

    class Meta:
        table_name = "search_entry"
        indexes = ((("realm", "record_id"), True),)
