"""Table of bulletins (通知公告)."""

from peewee import BooleanField, CharField, ForeignKeyField, TextField

from openbureau import Account, InstantField, Post, Table, UidField, Unit

REALM = "bulletins/bulletin"
DRAFT, PUBLISHED, WITHDRAWN = "draft", "published", "withdrawn"
TITLE_LENGTH = 200
BODY_LENGTH = 50_000


class Bulletin(Table):
    """One bulletin of a unit. `receivers` are picker values of the draft, as JSON.

    Once published its text never changes; it can be withdrawn with a reason.
    """

    uid = UidField()
    title = CharField(max_length=TITLE_LENGTH)
    body = TextField()
    is_urgent = BooleanField(default=False)
    receivers = TextField(default="[]")
    state = CharField(max_length=10, default=DRAFT)
    unit = ForeignKeyField(Unit, on_delete="RESTRICT", backref=None)
    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    post = ForeignKeyField(Post, null=True, on_delete="RESTRICT", backref=None)
    created_at = InstantField()
    updated_at = InstantField()
    published_at = InstantField(null=True)
    withdrawn_at = InstantField(null=True)
    withdrawn_reason = CharField(max_length=300, default="")
    withdrawn_by = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)

    class Meta:
        table_name = "bulletins_bulletin"
        indexes = (
            (("unit", "state", "published_at", "id"), False),
            (("account", "state", "updated_at"), False),
        )
