"""Tables of API tokens and of the answers already given to a request."""

from peewee import CharField, DateField, ForeignKeyField, IntegerField, TextField

from openbureau.base.database import InstantField, Table, UidField
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.units.models import Unit


class ApiToken(Table):
    """What another system shows to act for `account` in `unit` and below; only its digest is
    kept. `scopes` is a JSON list of permissions: it may never do more than the account.

    `minute` (since 1970) is that in which it was used last, `taken` how many of its requests
    of that minute processes have set aside.
    """

    uid = UidField()
    name = CharField(max_length=100)
    digest = CharField(max_length=64, unique=True)
    shown = CharField(max_length=12)
    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    unit = ForeignKeyField(Unit, on_delete="RESTRICT", backref=None)
    reach = CharField(max_length=10, default="unit")
    scopes = TextField(default="[]")
    per_minute = IntegerField(default=60)
    minute = IntegerField(default=0)
    taken = IntegerField(default=0)
    ends_on = DateField()
    created_by = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    created_at = InstantField()
    used_at = InstantField(null=True)
    revoked_by = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    revoked_at = InstantField(null=True)
    reason = CharField(max_length=300, default="")

    class Meta:
        table_name = "api_token"


class ApiAddress(Table):
    """An address a token was used from, since when."""

    token = ForeignKeyField(ApiToken, on_delete="RESTRICT", backref=None)
    address = CharField(max_length=64)
    at = InstantField()

    class Meta:
        table_name = "api_address"
        indexes = ((("token", "address"), True),)


class ApiAnswer(Table):
    """The answer a token once got under an idempotency key; kept for two days.

    `digest` is that of the request: the same key with another request is refused.
    """

    token = ForeignKeyField(ApiToken, on_delete="RESTRICT", backref=None)
    key = CharField(max_length=100)
    digest = CharField(max_length=64)
    status = IntegerField()
    body = TextField()
    at = InstantField()

    class Meta:
        table_name = "api_answer"
        indexes = ((("token", "key"), True), (("at",), False))
