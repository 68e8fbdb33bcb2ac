"""The first schema of bulletins. The models are frozen copies: what the table was."""

from peewee import (
    BigIntegerField,
    BooleanField,
    CharField,
    ForeignKeyField,
    Model,
    TextField,
)


class Account(Model):
    class Meta:
        table_name = "account"


class Post(Model):
    class Meta:
        table_name = "post"


class Unit(Model):
    class Meta:
        table_name = "unit"


class Bulletin(Model):
    uid = CharField(unique=True, max_length=32)
    title = CharField(max_length=200)
    body = TextField()
    is_urgent = BooleanField(default=False)
    receivers = TextField(default="[]")
    state = CharField(max_length=10, default="draft")
    unit = ForeignKeyField(Unit, on_delete="RESTRICT", backref=None)
    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    post = ForeignKeyField(Post, null=True, on_delete="RESTRICT", backref=None)
    created_at = BigIntegerField()
    updated_at = BigIntegerField()
    published_at = BigIntegerField(null=True)
    withdrawn_at = BigIntegerField(null=True)
    withdrawn_reason = CharField(max_length=300, default="")
    withdrawn_by = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)

    class Meta:
        table_name = "bulletins_bulletin"
        indexes = (
            (("unit", "state", "published_at", "id"), False),
            (("account", "state", "updated_at"), False),
        )


MODELS = [Account, Post, Unit, Bulletin]


def up(migrator, db):
    with db.bind_ctx(MODELS):
        Bulletin.create_table(safe=False)
