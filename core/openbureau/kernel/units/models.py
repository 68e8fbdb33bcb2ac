"""Tables of the unit tree."""

from peewee import (
    BooleanField,
    CharField,
    DateField,
    ForeignKeyField,
    IntegerField,
    TextField,
)

from openbureau.base.database import InstantField, Table, UidField
from openbureau.kernel.directory.models import DirectorySource

KINDS = ("province", "office", "institute", "prefecture", "county", "zone")


class Node(Table):
    """An installation. Every unit has a home node; packages between installations name it."""

    uid = UidField()
    name = CharField(max_length=200)
    is_self = BooleanField(default=False)
    is_demo = BooleanField(default=False)

    class Meta:
        table_name = "node"


class Unit(Table):
    """A unit or section. `path` is `/1/5/17/`: the ids from the root to the unit itself.

    `access_unit` is the nearest unit (itself or above) that switches plugins; a
    section belongs to the unit above it. A unit is closed, never deleted.
    """

    uid = UidField()
    code = CharField(max_length=32, unique=True)
    name = CharField(max_length=200)
    short_name = CharField(max_length=100)
    kind = CharField(max_length=20)
    parent = ForeignKeyField("self", null=True, on_delete="RESTRICT", backref="children")
    path = CharField(max_length=200, default="", index=True)
    depth = IntegerField(default=0)
    region = CharField(max_length=12, default="")
    is_access_unit = BooleanField(default=True)
    access_unit = ForeignKeyField("self", null=True, on_delete="RESTRICT", backref=None)
    home_node = ForeignKeyField(Node, on_delete="RESTRICT", backref=None)
    position = IntegerField(default=0)
    pinyin = CharField(max_length=400, default="")
    initials = CharField(max_length=100, default="")
    is_name_assumed = BooleanField(default=False)
    source = CharField(max_length=10, default="list")
    external_id = CharField(max_length=64, null=True, unique=True)
    directory = ForeignKeyField(DirectorySource, null=True, on_delete="RESTRICT", backref=None)
    is_active = BooleanField(default=True)
    closed_at = InstantField(null=True)
    phone = CharField(max_length=60, default="")
    fax = CharField(max_length=60, default="")
    mail = CharField(max_length=200, default="")
    address = CharField(max_length=200, default="")
    postcode = CharField(max_length=12, default="")

    class Meta:
        table_name = "unit"


UNIT_EVENTS = ("created", "renamed", "recoded", "moved", "merged", "split", "closed", "reopened")


class UnitEvent(Table):
    """A dated line in a unit's history (沿革): what it was before and became.

    `other` is the unit it merged into or was split from. `before` and `after` are JSON of
    the fields that changed. `basis` names the document that ordered it.
    """

    unit = ForeignKeyField(Unit, on_delete="RESTRICT", backref=None)
    kind = CharField(max_length=10)
    on = DateField()
    other = ForeignKeyField(Unit, null=True, on_delete="RESTRICT", backref=None)
    before = TextField(default="{}")
    after = TextField(default="{}")
    basis = CharField(max_length=200, default="")
    account_id = IntegerField(null=True)
    at = InstantField()

    class Meta:
        table_name = "unit_event"
        indexes = ((("unit", "on", "id"), False),)
