"""Tables of todos and notices."""

from peewee import CharField, DateField, ForeignKeyField, IntegerField, TextField

from openbureau.base.database import InstantField, Table, UidField
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.units.models import Unit

TODO_KINDS = ("do", "read", "supervise")
INVOLVEMENT_KINDS = ("started", "followed")


class Todo(Table):
    """Something a person, post or unit must do or read. Closing it is doing it.

    `unit` is the access unit it is counted under. The title is kept here, so the
    line stays readable when the plugin is gone. `handed_over_by` is who left it to them.
    """

    uid = UidField()
    kind = CharField(max_length=10)
    plugin = CharField(max_length=30)
    realm = CharField(max_length=60)
    record_id = IntegerField()
    account = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    post = ForeignKeyField(Post, null=True, on_delete="RESTRICT", backref=None)
    unit = ForeignKeyField(Unit, on_delete="RESTRICT", backref=None)
    title = CharField(max_length=300)
    source_unit = ForeignKeyField(Unit, null=True, on_delete="RESTRICT", backref=None)
    step = CharField(max_length=60, default="")
    due_on = DateField(null=True)
    state = CharField(max_length=10, default="open")
    arrived_at = InstantField()
    opened_at = InstantField(null=True)
    done_at = InstantField(null=True)
    handed_over_by = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)

    class Meta:
        table_name = "todo"
        indexes = (
            (("realm", "record_id", "kind", "account", "post"), True),
            (("account", "state", "kind", "plugin", "arrived_at"), False),
            (("realm", "record_id", "unit", "state"), False),
        )


class Notice(Table):
    """A line that something happened. It expires; dismissing it loses nothing."""

    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    plugin = CharField(max_length=30, default="")
    text = CharField(max_length=300)
    params = TextField(default="{}")
    url = CharField(max_length=300, default="")
    at = InstantField()
    expires_at = InstantField()
    dismissed_at = InstantField(null=True)

    class Meta:
        table_name = "notice"
        indexes = ((("account", "dismissed_at", "at"), False),)


class Involvement(Table):
    """A record a person started (我发起) or follows (我关注).

    The title is kept here, so the line stays readable when the plugin is gone. It gives
    no right to see the record.
    """

    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    kind = CharField(max_length=10)
    plugin = CharField(max_length=30)
    realm = CharField(max_length=60)
    record_id = IntegerField()
    title = CharField(max_length=300)
    source_unit = ForeignKeyField(Unit, null=True, on_delete="RESTRICT", backref=None)
    at = InstantField()

    class Meta:
        table_name = "involvement"
        indexes = (
            (("account", "kind", "realm", "record_id"), True),
            (("account", "kind", "at"), False),
            (("realm", "record_id"), False),
        )
