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
    description = CharField(max_length=300, default="")
    template = CharField(max_length=60, default="")
    is_edited = BooleanField(default=False)
    is_default = BooleanField(default=False)
    is_active = BooleanField(default=True)
    changed_at = InstantField(null=True)

    class Meta:
        table_name = "role"


class RolePermission(Table):
    role = ForeignKeyField(Role, on_delete="RESTRICT", backref=None)
    permission = CharField(max_length=100)

    class Meta:
        table_name = "role_permission"
        indexes = ((("role", "permission"), True),)


SOURCES = ("manual", "ldap")


class RoleGrant(Table):
    """A role given to a person or a post, in a unit, with a reach and dates.

    `source` is `ldap` when a directory group brought it: `group` is its DN. Taken back by
    `ended_at`, never deleted.
    """

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
    basis = CharField(max_length=200, default="")
    group = CharField(max_length=500, default="")
    ended_by = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    ended_at = InstantField(null=True)

    class Meta:
        table_name = "role_grant"


class Delegation(Table):
    """Somebody stands in for somebody else while they are absent (授权代办).

    With a post only what belongs to that post is lent, without one everything. Both days
    are included. `account` is who arranged it.
    """

    delegator = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    post = ForeignKeyField(Post, null=True, on_delete="RESTRICT", backref=None)
    delegate = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    starts_on = DateField()
    ends_on = DateField()
    reason = CharField(max_length=300, default="")
    account = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    created_at = InstantField()
    ended_by = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    ended_at = InstantField(null=True)

    class Meta:
        table_name = "delegation"
        indexes = ((("delegate", "ends_on"), False), (("delegator", "ends_on"), False))


class RecordAct(Table):
    """Who exercised a permission on a record, kept where a separation rule asks for it.

    `on_behalf_of` is whom they stood in for: the rule binds both.
    """

    realm = CharField(max_length=60)
    record_id = IntegerField()
    permission = CharField(max_length=100)
    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    on_behalf_of = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    at = InstantField()

    class Meta:
        table_name = "record_act"
        indexes = ((("realm", "record_id", "permission"), False),)


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
            (("holder", "realm", "record_id"), False),
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
