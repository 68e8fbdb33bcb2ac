"""Directory sources and synchronisations, delegated administration, delegations, histories
of units, second factors, values administrators choose, handovers.

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


class Role(Frozen):
    class Meta:
        table_name = "role"


class Unit(Frozen):
    class Meta:
        table_name = "unit"


class DirectorySource(Frozen):
    code = CharField(unique=True, max_length=30)
    name = CharField(max_length=100)
    url = CharField(max_length=300)
    bind_dn = CharField(max_length=500, default="")
    password = TextField(default="")
    base = CharField(max_length=500)
    profile = CharField(max_length=20, default="openldap")
    ca_certificate = TextField(default="")
    is_insecure = BooleanField(default=False)
    person_filter = CharField(max_length=500, default="")
    unit_filter = CharField(max_length=500, default="")
    group_filter = CharField(max_length=500, default="")
    group_base = CharField(max_length=500, default="")
    attributes = TextField(default="{}")
    top_unit_id = IntegerField(null=True)
    may_change_password = BooleanField(default=False)
    reads_photos = BooleanField(default=False)
    is_active = BooleanField(default=True)
    delta_every_min = IntegerField(default=0)
    full_at = CharField(max_length=5, default="")
    applies_itself = BooleanField(default=False)
    high_water = TextField(default="{}")
    position = IntegerField(default=0)
    changed_at = BigIntegerField()

    class Meta:
        table_name = "directory_source"


class UnitEvent(Frozen):
    unit = ForeignKeyField(Unit, on_delete="RESTRICT", backref=None)
    kind = CharField(max_length=10)
    on = DateField()
    other = ForeignKeyField(Unit, null=True, on_delete="RESTRICT", backref=None)
    before = TextField(default="{}")
    after = TextField(default="{}")
    basis = CharField(max_length=200, default="")
    account_id = IntegerField(null=True)
    at = BigIntegerField()

    class Meta:
        table_name = "unit_event"
        indexes = ((("unit", "on", "id"), False),)


class SecondFactor(Frozen):
    account = ForeignKeyField(Account, unique=True, on_delete="RESTRICT", backref=None)
    secret = TextField()
    recovery = TextField(default="[]")
    last_step = IntegerField(default=0)
    created_at = BigIntegerField()
    confirmed_at = BigIntegerField(null=True)

    class Meta:
        table_name = "second_factor"


class FormerPassword(Frozen):
    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    password_hash = CharField(max_length=200)
    replaced_at = BigIntegerField()

    class Meta:
        table_name = "former_password"
        indexes = ((("account", "replaced_at"), False),)


class Delegation(Frozen):
    delegator = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    post = ForeignKeyField(Post, null=True, on_delete="RESTRICT", backref=None)
    delegate = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    starts_on = DateField()
    ends_on = DateField()
    reason = CharField(max_length=300, default="")
    account = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    created_at = BigIntegerField()
    ended_by = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    ended_at = BigIntegerField(null=True)

    class Meta:
        table_name = "delegation"
        indexes = (
            (("delegate", "ends_on"), False),
            (("delegator", "ends_on"), False),
        )


class RecordAct(Frozen):
    realm = CharField(max_length=60)
    record_id = IntegerField()
    permission = CharField(max_length=100)
    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    on_behalf_of = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    at = BigIntegerField()

    class Meta:
        table_name = "record_act"
        indexes = ((("realm", "record_id", "permission"), False),)


class GroupRole(Frozen):
    source = ForeignKeyField(DirectorySource, on_delete="RESTRICT", backref=None)
    group_dn = CharField(max_length=500)
    external_id = CharField(max_length=64, default="")
    role = ForeignKeyField(Role, on_delete="RESTRICT", backref=None)
    unit = ForeignKeyField(Unit, null=True, on_delete="RESTRICT", backref=None)
    reach = CharField(max_length=10, default="unit")
    is_active = BooleanField(default=True)
    changed_at = BigIntegerField()

    class Meta:
        table_name = "group_role"
        indexes = ((("source", "is_active"), False),)


class SyncRun(Frozen):
    uid = CharField(unique=True, max_length=32)
    source = ForeignKeyField(DirectorySource, null=True, on_delete="RESTRICT", backref=None)
    scope = CharField(max_length=10, default="full")
    trigger = CharField(max_length=10, default="manual")
    state = CharField(max_length=12, default="waiting")
    plan_hash = CharField(max_length=64, default="")
    plan = TextField(default="")
    excluded = TextField(default="[]")
    blocked = TextField(default="[]")
    reason = CharField(max_length=60, default="")
    detail = TextField(default="")
    counts = TextField(default="{}")
    before = TextField(default="")
    requested_by = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    requested_at = BigIntegerField()
    planned_at = BigIntegerField(null=True)
    confirmed_by = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    confirmed_at = BigIntegerField(null=True)
    applied_by = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    applied_at = BigIntegerField(null=True)
    undone_by = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    undone_at = BigIntegerField(null=True)

    class Meta:
        table_name = "sync_run"
        indexes = (
            (("source", "requested_at"), False),
            (("state", "requested_at"), False),
        )


class SettingValue(Frozen):
    key = CharField(max_length=80)
    unit = ForeignKeyField(Unit, null=True, on_delete="RESTRICT", backref=None)
    value = TextField()
    account = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    chosen_at = BigIntegerField()

    class Meta:
        table_name = "setting_value"
        indexes = ((("key", "unit"), False),)


class Handover(Frozen):
    uid = CharField(unique=True, max_length=32)
    leaver = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    successor = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    unit = ForeignKeyField(Unit, null=True, on_delete="RESTRICT", backref=None)
    reason = CharField(max_length=500, default="")
    lines = TextField()
    digest = CharField(max_length=64)
    signature = CharField(max_length=200)
    account = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    handed_over_at = BigIntegerField()

    class Meta:
        table_name = "handover"


MADE = [
    DirectorySource,
    UnitEvent,
    SecondFactor,
    FormerPassword,
    Delegation,
    RecordAct,
    GroupRole,
    SyncRun,
    SettingValue,
    Handover,
]

# With a default of the database's own, so that the release before this one still writes.
FILLED = [
    ("unit", "phone", "VARCHAR(60) NOT NULL DEFAULT ''"),
    ("unit", "fax", "VARCHAR(60) NOT NULL DEFAULT ''"),
    ("unit", "mail", "VARCHAR(200) NOT NULL DEFAULT ''"),
    ("unit", "address", "VARCHAR(200) NOT NULL DEFAULT ''"),
    ("unit", "postcode", "VARCHAR(12) NOT NULL DEFAULT ''"),
    ("account", "must_change_password", "BOOLEAN NOT NULL DEFAULT FALSE"),
    ("account", "photo", "VARCHAR(64) NOT NULL DEFAULT ''"),
    ("post", "nature", "VARCHAR(10) NOT NULL DEFAULT 'regular'"),
    ("session", "stage", "VARCHAR(20) NOT NULL DEFAULT ''"),
    ("role", "description", "VARCHAR(300) NOT NULL DEFAULT ''"),
    ("role", "is_active", "BOOLEAN NOT NULL DEFAULT TRUE"),
    ("role_grant", "basis", "VARCHAR(200) NOT NULL DEFAULT ''"),
    ("role_grant", "group", "VARCHAR(500) NOT NULL DEFAULT ''"),
]

ADDED = {
    "unit": {
        "directory_id": ForeignKeyField(
            DirectorySource, field=DirectorySource.id, null=True, on_delete="RESTRICT", backref=None
        ),
    },
    "account": {
        "directory_id": ForeignKeyField(
            DirectorySource, field=DirectorySource.id, null=True, on_delete="RESTRICT", backref=None
        ),
        "administrator_unit_id": ForeignKeyField(
            Unit, field=Unit.id, null=True, on_delete="RESTRICT", backref=None
        ),
        "password_changed_at": BigIntegerField(null=True),
        "last_sign_in_at": BigIntegerField(null=True),
        "archived_at": BigIntegerField(null=True),
    },
    "role": {
        "changed_at": BigIntegerField(null=True),
    },
    "todo": {
        "handed_over_by_id": ForeignKeyField(
            Account, field=Account.id, null=True, on_delete="RESTRICT", backref=None
        ),
    },
    "role_grant": {
        "ended_by_id": ForeignKeyField(
            Account, field=Account.id, null=True, on_delete="RESTRICT", backref=None
        ),
        "ended_at": BigIntegerField(null=True),
    },
}


INDEXES = (
    ("audit_record", ("at",)),
    ("audit_record", ("unit_id", "at")),
    ("audit_record", ("action", "at")),
    ("audit_record", ("address", "at")),
    ("audit_record", ("outcome", "at")),
)


def up(migrator, db):
    with db.bind_ctx([Account, Post, Role, Unit, *MADE]):
        db.create_tables(MADE, safe=False)
        for table, columns in ADDED.items():
            for name, field in columns.items():
                migrator.add_column(table, name, field).run()
    for table, name, kind in FILLED:
        db.execute_sql(f'ALTER TABLE "{table}" ADD COLUMN "{name}" {kind}')
    for table, columns in INDEXES:
        migrator.add_index(table, columns).run()
