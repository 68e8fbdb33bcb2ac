"""Registers: kept queries, chosen columns, work on many records, terms of retention; tokens
of the API.

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


class SavedQuery(Frozen):
    uid = CharField(unique=True, max_length=32)
    realm = CharField(max_length=60)
    name = CharField(max_length=60)
    address = CharField(max_length=2000)
    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    unit = ForeignKeyField(Unit, null=True, on_delete="RESTRICT", backref=None)
    created_at = BigIntegerField()

    class Meta:
        table_name = "saved_query"
        indexes = ((("account", "realm", "name"), True), (("realm", "unit"), False))


class ListView(Frozen):
    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    realm = CharField(max_length=60)
    columns = TextField(default="[]")

    class Meta:
        table_name = "list_view"
        indexes = ((("account", "realm"), True),)


class BulkRun(Frozen):
    uid = CharField(unique=True, max_length=32)
    realm = CharField(max_length=60)
    action = CharField(max_length=40)
    address = TextField(default="")
    chosen = TextField(default="[]")
    params = TextField(default="{}")
    reason = CharField(max_length=300, default="")
    state = CharField(max_length=10, default="waiting")
    total = IntegerField(default=0)
    done_total = IntegerField(default=0)
    failed_total = IntegerField(default=0)
    last_record = IntegerField(default=0)
    problem = TextField(default="")
    file_name = CharField(max_length=200, default="")
    digest = CharField(max_length=64, default="")
    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    post = ForeignKeyField(Post, null=True, on_delete="RESTRICT", backref=None)
    unit = ForeignKeyField(Unit, on_delete="RESTRICT", backref=None)
    created_at = BigIntegerField()
    cancelled_at = BigIntegerField(null=True)
    ended_at = BigIntegerField(null=True)

    class Meta:
        table_name = "bulk_run"
        indexes = ((("account", "realm", "created_at"), False),)


class BulkFault(Frozen):
    run = ForeignKeyField(BulkRun, on_delete="RESTRICT", backref=None)
    record_id = IntegerField()
    title = CharField(max_length=300)
    problem = TextField()

    class Meta:
        table_name = "bulk_fault"
        indexes = ((("run", "record_id"), True),)


class RetentionChoice(Frozen):
    realm = CharField(max_length=60)
    years = IntegerField()
    basis = CharField(max_length=300)
    is_carried_out = BooleanField(default=False)
    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    at = BigIntegerField()

    class Meta:
        table_name = "retention_choice"
        indexes = ((("realm", "at"), False),)


class ApiToken(Frozen):
    uid = CharField(unique=True, max_length=32)
    name = CharField(max_length=100)
    digest = CharField(max_length=64, unique=True)
    shown = CharField(max_length=12)
    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    unit = ForeignKeyField(Unit, on_delete="RESTRICT", backref=None)
    reach = CharField(max_length=10, default="unit")
    scopes = TextField(default="[]")
    per_minute = IntegerField(default=60)
    ends_on = DateField(null=True)
    created_by = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    created_at = BigIntegerField()
    used_at = BigIntegerField(null=True)
    revoked_by = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    revoked_at = BigIntegerField(null=True)

    class Meta:
        table_name = "api_token"


class ApiAnswer(Frozen):
    token = ForeignKeyField(ApiToken, on_delete="RESTRICT", backref=None)
    key = CharField(max_length=100)
    digest = CharField(max_length=64)
    status = IntegerField()
    body = TextField()
    at = BigIntegerField()

    class Meta:
        table_name = "api_answer"
        indexes = ((("token", "key"), True), (("at",), False))


MADE = [SavedQuery, ListView, BulkRun, BulkFault, RetentionChoice, ApiToken, ApiAnswer]


def up(migrator, db):
    with db.bind_ctx([Account, Post, Unit, *MADE]):
        db.create_tables(MADE, safe=False)
