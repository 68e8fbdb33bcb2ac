"""Registers: histories, comments and imports; how directories lock accounts. When a
directory locks an account.

The models are frozen copies: this file says what the tables were, not what they are.
"""

from peewee import (
    BigIntegerField,
    BooleanField,
    CharField,
    DateField,
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


class Post(Frozen):
    class Meta:
        table_name = "post"


class Unit(Frozen):
    class Meta:
        table_name = "unit"


class ImportBatch(Frozen):
    uid = CharField(unique=True, max_length=32)
    realm = CharField(max_length=60)
    file_name = CharField(max_length=200)
    digest = CharField(max_length=64)
    error_digest = CharField(max_length=64, default="")
    state = CharField(max_length=10, default="checking")
    takes_good_rows = BooleanField(default=False)
    total = IntegerField(default=0)
    new_total = IntegerField(default=0)
    changed_total = IntegerField(default=0)
    same_total = IntegerField(default=0)
    duplicate_total = IntegerField(default=0)
    error_total = IntegerField(default=0)
    done_total = IntegerField(default=0)
    kept_total = IntegerField(default=0)
    problem = TextField(default="")
    headings = TextField(default="{}")
    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    post = ForeignKeyField(Post, null=True, on_delete="RESTRICT", backref=None)
    unit = ForeignKeyField(Unit, on_delete="RESTRICT", backref=None)
    created_at = BigIntegerField()
    checked_at = BigIntegerField(null=True)
    applied_at = BigIntegerField(null=True)
    undone_at = BigIntegerField(null=True)

    class Meta:
        table_name = "import_batch"
        indexes = ((("realm", "unit", "created_at"), False),)


class ImportLine(Frozen):
    batch = ForeignKeyField(ImportBatch, on_delete="RESTRICT", backref=None)
    number = IntegerField()
    action = CharField(max_length=10)
    record_id = IntegerField(null=True)
    version = IntegerField(null=True)
    values = TextField(default="{}")
    problems = TextField(default="[]")
    is_done = BooleanField(default=False)

    class Meta:
        table_name = "import_line"
        indexes = ((("batch", "number"), True), (("batch", "action", "number"), False))


class RecordChange(Frozen):
    realm = CharField(max_length=60)
    record_id = IntegerField()
    version = IntegerField()
    action = CharField(max_length=12)
    before = TextField(default="{}")
    after = TextField(default="{}")
    reason = CharField(max_length=300, default="")
    batch = ForeignKeyField(ImportBatch, null=True, on_delete="RESTRICT", backref=None)
    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    on_behalf_of = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    post = ForeignKeyField(Post, null=True, on_delete="RESTRICT", backref=None)
    unit = ForeignKeyField(Unit, null=True, on_delete="RESTRICT", backref=None)
    at = BigIntegerField()

    class Meta:
        table_name = "record_change"
        indexes = (
            (("realm", "record_id", "version"), True),
            (("batch", "record_id"), False),
        )


class RecordComment(Frozen):
    uid = CharField(unique=True, max_length=32)
    realm = CharField(max_length=60)
    record_id = IntegerField()
    text = TextField()
    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    on_behalf_of = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    post = ForeignKeyField(Post, null=True, on_delete="RESTRICT", backref=None)
    unit = ForeignKeyField(Unit, null=True, on_delete="RESTRICT", backref=None)
    at = BigIntegerField()
    withdrawn_at = BigIntegerField(null=True)

    class Meta:
        table_name = "record_comment"
        indexes = ((("realm", "record_id", "id"), False),)


MADE = [
    ImportBatch,
    ImportLine,
    RecordChange,
    RecordComment,
]


# A person's records in the order of their keys, whatever the kind of participation.
INDEXES = (("participant", ("holder", "realm", "record_id")),)

# With a default of the database's own, so that the release before this one still writes.
FILLED = [
    ("directory_source", "lock_after", "INTEGER NOT NULL DEFAULT 5"),
    ("directory_source", "lock_window_min", "INTEGER NOT NULL DEFAULT 30"),
]


def up(migrator, db):
    with db.bind_ctx([Account, Post, Unit, *MADE]):
        db.create_tables(MADE, safe=False)
    for table, name, kind in FILLED:
        db.execute_sql(f'ALTER TABLE "{table}" ADD COLUMN "{name}" {kind}')
    for table, columns in INDEXES:
        migrator.add_index(table, columns).run()
