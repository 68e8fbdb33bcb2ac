"""Tables of accounts, posts and sessions."""

from peewee import BooleanField, CharField, DateField, ForeignKeyField, IntegerField, TextField

from openbureau.base.database import InstantField, Table, UidField
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.units.models import Unit

STATES = ("active", "disabled", "archived")
ADMINISTRATORS = ("system", "security", "audit")
NATURES = ("regular", "acting", "in_charge", "seconded")


class Account(Table):
    """A login. One column names the administrator kind, so nobody can hold two.

    `external_id` is the directory's stable identity (entryUUID, objectGUID): a name
    that is used again by somebody else makes a new account. Disabled, never deleted;
    `disabled_reason` is `directory` when the synchronisation did it (and may undo it).
    `administrator_unit` bounds a delegated administrator to a unit and all below it; None
    is the whole installation. `photo` is the digest of a stored file.
    """

    uid = UidField()
    login = CharField(max_length=100, unique=True)
    name = CharField(max_length=100)
    pinyin = CharField(max_length=200, default="")
    initials = CharField(max_length=40, default="", index=True)
    state = CharField(max_length=10, default="active")
    source = CharField(max_length=10, default="local")
    external_id = CharField(max_length=64, null=True, unique=True)
    directory_dn = TextField(default="")
    password_hash = CharField(max_length=200, null=True)
    directory = ForeignKeyField(DirectorySource, null=True, on_delete="RESTRICT", backref=None)
    administrator = CharField(max_length=10, null=True)
    administrator_unit = ForeignKeyField(Unit, null=True, on_delete="RESTRICT", backref=None)
    must_change_password = BooleanField(default=False)
    password_changed_at = InstantField(null=True)
    last_sign_in_at = InstantField(null=True)
    photo = CharField(max_length=64, default="")
    phone = CharField(max_length=60, default="")
    mobile = CharField(max_length=60, default="")
    mail = CharField(max_length=200, default="")
    room = CharField(max_length=60, default="")
    language = CharField(max_length=5, default="")
    disabled_at = InstantField(null=True)
    disabled_reason = CharField(max_length=20, default="")
    archived_at = InstantField(null=True)
    created_at = InstantField()

    class Meta:
        table_name = "account"


class Post(Table):
    """A person's post in a unit or section (职务). A person may hold several.

    `rank` gives the official order (排名) inside the unit: small numbers first. `nature` is
    `regular`, or how it is held for the time being: acting (主持工作), in_charge (代管),
    seconded (借调).
    """

    uid = UidField()
    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    unit = ForeignKeyField(Unit, on_delete="RESTRICT", backref=None)
    title = CharField(max_length=100, default="")
    rank = IntegerField(default=100)
    is_primary = BooleanField(default=True)
    is_leader = BooleanField(default=False)
    nature = CharField(max_length=10, default="regular")
    source = CharField(max_length=10, default="local")
    starts_on = DateField(null=True)
    ends_on = DateField(null=True)
    is_active = BooleanField(default=True)

    class Meta:
        table_name = "post"
        indexes = ((("unit", "is_active", "rank"), False), (("account", "is_active"), False))


class Session(Table):
    """A signed-in browser. Only the hash of its 256-bit token is stored.

    `stage` names what is still to be done before it may act: `second_factor`, `password`
    (a new one has to be chosen); empty when signed in.
    """

    token_hash = CharField(max_length=64, unique=True)
    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    post = ForeignKeyField(Post, null=True, on_delete="RESTRICT", backref=None)
    created_at = InstantField()
    seen_at = InstantField()
    ends_at = InstantField()
    ended_at = InstantField(null=True)
    end_reason = CharField(max_length=20, default="")
    stage = CharField(max_length=20, default="")
    address = CharField(max_length=64, default="")
    browser = CharField(max_length=200, default="")

    class Meta:
        table_name = "session"


class SignInFailure(Table):
    """One refused sign-in in a throttling bucket; pruned by age."""

    bucket = CharField(max_length=100, index=True)
    at = InstantField()

    class Meta:
        table_name = "sign_in_failure"


class SecondFactor(Table):
    """A person's one-time password generator (TOTP). `secret` is sealed with the
    installation's key; `last_step` is the newest time step used, so none is used twice;
    `recovery` holds the digests of unused recovery codes (JSON)."""

    account = ForeignKeyField(Account, unique=True, on_delete="RESTRICT", backref=None)
    secret = TextField()
    recovery = TextField(default="[]")
    last_step = IntegerField(default=0)
    created_at = InstantField()
    confirmed_at = InstantField(null=True)

    class Meta:
        table_name = "second_factor"


class FormerPassword(Table):
    """A password hash a local account had before, so that it is not chosen again."""

    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    password_hash = CharField(max_length=200)
    replaced_at = InstantField()

    class Meta:
        table_name = "former_password"
        indexes = ((("account", "replaced_at"), False),)
