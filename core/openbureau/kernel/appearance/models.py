"""Table of how units' pages look."""

from peewee import CharField, ForeignKeyField

from openbureau.base.database import InstantField, Table
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.files.models import StoredFile
from openbureau.kernel.units.models import Unit

ZONES = ("staff", "public")


class Appearance(Table):
    """What a unit chose for itself and all below it; an empty value is inherited.

    `zone` is the site it holds for: the staff's or the public's. `name` stands beside the
    logo in the masthead.
    """

    unit = ForeignKeyField(Unit, on_delete="RESTRICT", backref=None)
    zone = CharField(max_length=10)
    theme = CharField(max_length=30, default="")
    name = CharField(max_length=60, default="")
    logo = ForeignKeyField(StoredFile, null=True, on_delete="RESTRICT", backref=None)
    account = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    chosen_at = InstantField()

    class Meta:
        table_name = "appearance"
        indexes = ((("unit", "zone"), True),)
