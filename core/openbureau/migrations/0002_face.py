"""Preferences, unfinished forms, uploads in pieces, appearance of units, involvement.

The models are frozen copies: this file says what the tables were, not what they are.
"""

from peewee import (
    BigIntegerField,
    CharField,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)


class Frozen(Model):
    class Meta:
        legacy_table_names = False


class Account(Frozen):
    class Meta:
        table_name = "account"


class Unit(Frozen):
    class Meta:
        table_name = "unit"


class StoredFile(Frozen):
    class Meta:
        table_name = "stored_file"


class Preference(Frozen):
    account = ForeignKeyField(Account, unique=True, on_delete="RESTRICT", backref=None)
    tabs = TextField(default="[]")
    pins = TextField(default="[]")
    desk = TextField(default="{}")
    recent = TextField(default="[]")

    class Meta:
        table_name = "preference"


class ContactGroup(Frozen):
    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    name = CharField(max_length=60)
    members = TextField()

    class Meta:
        table_name = "contact_group"
        indexes = ((("account", "name"), True),)


class FormDraft(Frozen):
    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    page = CharField(max_length=500)
    title = CharField(max_length=200, default="")
    fields = TextField()
    saved_at = BigIntegerField()

    class Meta:
        table_name = "form_draft"
        indexes = ((("account", "page"), True), (("saved_at",), False))


class Appearance(Frozen):
    unit = ForeignKeyField(Unit, on_delete="RESTRICT", backref=None)
    zone = CharField(max_length=10)
    theme = CharField(max_length=30, default="")
    name = CharField(max_length=60, default="")
    logo = ForeignKeyField(StoredFile, null=True, on_delete="RESTRICT", backref=None)
    account = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    chosen_at = BigIntegerField()

    class Meta:
        table_name = "appearance"
        indexes = ((("unit", "zone"), True),)


class Upload(Frozen):
    uid = CharField(unique=True, max_length=32)
    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    name = CharField(max_length=200)
    size_bytes = BigIntegerField()
    received_bytes = BigIntegerField(default=0)
    stored = CharField(max_length=500, default="")
    started_at = BigIntegerField()

    class Meta:
        table_name = "upload"
        indexes = ((("account", "started_at"), False),)


class Involvement(Frozen):
    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    kind = CharField(max_length=10)
    plugin = CharField(max_length=30)
    realm = CharField(max_length=60)
    record_id = IntegerField()
    title = CharField(max_length=300)
    source_unit = ForeignKeyField(Unit, null=True, on_delete="RESTRICT", backref=None)
    at = BigIntegerField()

    class Meta:
        table_name = "involvement"
        indexes = (
            (("account", "kind", "realm", "record_id"), True),
            (("account", "kind", "at"), False),
            (("realm", "record_id"), False),
        )


MADE = [Preference, ContactGroup, FormDraft, Appearance, Upload, Involvement]


def up(migrator, db):
    with db.bind_ctx([Account, Unit, StoredFile, *MADE]):
        db.create_tables(MADE, safe=False)
