"""Tables of what each person arranged for themselves."""

from peewee import CharField, ForeignKeyField, TextField

from openbureau.base.database import Table
from openbureau.kernel.accounts.models import Account


class Preference(Table):
    """One row per account that arranged something; each column is JSON.

    `tabs` are the open pages, `pins` the addresses of pinned menu lines (常用), `desk` the
    arrangement of the desk, `recent` the latest choices in the picker of people and units.
    """

    account = ForeignKeyField(Account, unique=True, on_delete="RESTRICT", backref=None)
    tabs = TextField(default="[]")
    pins = TextField(default="[]")
    desk = TextField(default="{}")
    recent = TextField(default="[]")

    class Meta:
        table_name = "preference"


class ContactGroup(Table):
    """A set of people and units a person often chooses together (常用组).

    `members` is a JSON list of choices such as `person:<uid>` and `subtree:530100`.
    """

    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    name = CharField(max_length=60)
    members = TextField()

    class Meta:
        table_name = "contact_group"
        indexes = ((("account", "name"), True),)
