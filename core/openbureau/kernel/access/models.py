"""Tables of roles, grants and participants."""

from peewee import BooleanField, CharField, DateField, ForeignKeyField, IntegerField

from openbureau.base.database import InstantField, Table
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.units.models import Unit

REACHES = ("unit", "subtree", "province")


class Role(Table):
    """A named set of permissions. `template` names the plugin's template it came from."""

    code = CharField(max_length=60, unique=True)
    name = CharField(max_length=100)
    template = CharField(max_length=60, default="")
    is_edited = BooleanField(default=False)
    is_default = BooleanField(default=False)

    class Meta:
        table_name = "role"


class RolePermission(Table):
    role = ForeignKeyField(Role, on_delete="RESTRICT", backref=None)
    permission = CharField(max_length=100)

    class Meta:
        table_name = "role_permission"
        indexes = ((("role", "permission"), True),)


class RoleGrant(Table):
    """A role given to a person or a post, in a unit, with a reach and dates."""

    account = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    post = ForeignKeyField(Post, null=True, on_delete="RESTRICT", backref=None)
    role = ForeignKeyField(Role, on_delete="RESTRICT", backref=None)
    unit = ForeignKeyField(Unit, on_delete="RESTRICT", backref=None)
    reach = CharField(max_length=10, default="unit")
    starts_on = DateField(null=True)
    ends_on = DateField(null=True)
    source = CharField(max_length=12, default="manual")
    granted_by = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    granted_at = InstantField()

    class Meta:
        table_name = "role_grant"


class Participant(Table):
    """Somebody who may see one record whatever its owner: a handler, reader, institute.

    `holder` is `account:7`, `post:7`, `unit:7` (that unit alone) or `subtree:7`.
    `at` orders a holder's records; a record's holders of one kind never overlap on
    one line of the tree, so totals per holder can be added up.
    """

    realm = CharField(max_length=60)
    record_id = IntegerField()
    holder = CharField(max_length=30)
    kind = CharField(max_length=20)
    at = InstantField()

    class Meta:
        table_name = "participant"
        indexes = (
            (("realm", "record_id", "holder", "kind"), True),
            (("holder", "realm", "kind", "at", "record_id"), True),
        )


class ParticipantTotal(Table):
    """How many records a holder takes part in: an exact count without counting."""

    holder = CharField(max_length=30)
    realm = CharField(max_length=60)
    kind = CharField(max_length=20)
    total = IntegerField(default=0)

    class Meta:
        table_name = "participant_total"
        indexes = ((("holder", "realm", "kind"), True),)
