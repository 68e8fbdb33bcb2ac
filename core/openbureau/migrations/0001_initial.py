"""The first schema: every table of the core, the search index and the audit triggers.

The models are frozen copies: this file says what the tables were, not what they are.
"""

from peewee import (
    BigIntegerField,
    BooleanField,
    CharField,
    DateField,
    ForeignKeyField,
    IntegerField,
    TextField,
    Model,
    PostgresqlDatabase,
)


class Frozen(Model):
    class Meta:
        legacy_table_names = False  # indexes are named after the table


class Account(Frozen):
    uid = CharField(unique=True, max_length=32)
    login = CharField(unique=True, max_length=100)
    name = CharField(max_length=100)
    pinyin = CharField(max_length=200, default="")
    initials = CharField(index=True, max_length=40, default="")
    state = CharField(max_length=10, default="active")
    source = CharField(max_length=10, default="local")
    external_id = CharField(unique=True, null=True, max_length=64)
    directory_dn = TextField(default="")
    password_hash = CharField(null=True, max_length=200)
    administrator = CharField(null=True, max_length=10)
    phone = CharField(max_length=60, default="")
    mobile = CharField(max_length=60, default="")
    mail = CharField(max_length=200, default="")
    room = CharField(max_length=60, default="")
    language = CharField(max_length=5, default="")
    disabled_at = BigIntegerField(null=True)
    disabled_reason = CharField(max_length=20, default="")
    created_at = BigIntegerField()

    class Meta:
        table_name = "account"


class StoredFile(Frozen):
    digest = CharField(unique=True, max_length=64)
    size_bytes = BigIntegerField()
    media_type = CharField(max_length=100)
    stored_at = BigIntegerField()

    class Meta:
        table_name = "stored_file"


class Attachment(Frozen):
    uid = CharField(unique=True, max_length=32)
    file = ForeignKeyField(StoredFile, on_delete="RESTRICT")
    realm = CharField(max_length=60)
    record_id = IntegerField()
    name = CharField(max_length=200)
    position = IntegerField(default=0)
    account = ForeignKeyField(Account, null=True, on_delete="RESTRICT")
    attached_at = BigIntegerField()
    removed_at = BigIntegerField(null=True)

    class Meta:
        table_name = "attachment"
        indexes = ((("realm", "record_id", "position"), False),)


class AuditCheckpoint(Frozen):
    seal_id = BigIntegerField()
    digest = CharField(max_length=64)
    at = BigIntegerField()
    signature = CharField(max_length=200)

    class Meta:
        table_name = "audit_checkpoint"


class AuditRecord(Frozen):
    at = BigIntegerField()
    account_id = IntegerField(null=True)
    post_id = IntegerField(null=True)
    unit_id = IntegerField(null=True)
    action = CharField(max_length=100)
    realm = CharField(max_length=60, default="")
    record_id = IntegerField(null=True)
    outcome = CharField(max_length=10, default="done")
    detail = TextField(default="{}")
    request_id = CharField(max_length=40, default="")
    address = CharField(max_length=64, default="")

    class Meta:
        table_name = "audit_record"
        indexes = ((("realm", "record_id"), False), (("account_id", "at"), False))


class AuditSeal(Frozen):
    record_id = BigIntegerField(unique=True)
    digest = CharField(max_length=64)

    class Meta:
        table_name = "audit_seal"


class Epoch(Frozen):
    plugins = BigIntegerField(default=1)
    units = BigIntegerField(default=1)
    access = BigIntegerField(default=1)

    class Meta:
        table_name = "epoch"


class Node(Frozen):
    uid = CharField(unique=True, max_length=32)
    name = CharField(max_length=200)
    is_self = BooleanField(default=False)
    is_demo = BooleanField(default=False)

    class Meta:
        table_name = "node"


class Unit(Frozen):
    uid = CharField(unique=True, max_length=32)
    code = CharField(unique=True, max_length=32)
    name = CharField(max_length=200)
    short_name = CharField(max_length=100)
    kind = CharField(max_length=20)
    parent = ForeignKeyField("self", null=True, on_delete="RESTRICT")
    path = CharField(index=True, max_length=200, default="")
    depth = IntegerField(default=0)
    region = CharField(max_length=12, default="")
    is_access_unit = BooleanField(default=True)
    access_unit = ForeignKeyField("self", null=True, on_delete="RESTRICT")
    home_node = ForeignKeyField(Node, on_delete="RESTRICT")
    position = IntegerField(default=0)
    pinyin = CharField(max_length=400, default="")
    initials = CharField(max_length=100, default="")
    is_name_assumed = BooleanField(default=False)
    source = CharField(max_length=10, default="list")
    external_id = CharField(unique=True, null=True, max_length=64)
    is_active = BooleanField(default=True)
    closed_at = BigIntegerField(null=True)

    class Meta:
        table_name = "unit"


class Event(Frozen):
    uid = CharField(unique=True, max_length=32)
    name = CharField(max_length=80)
    realm = CharField(max_length=60)
    record_id = IntegerField()
    unit = ForeignKeyField(Unit, null=True, on_delete="RESTRICT")
    account = ForeignKeyField(Account, null=True, on_delete="RESTRICT")
    payload = TextField(default="{}")
    at = BigIntegerField()
    is_routed = BooleanField(default=False)

    class Meta:
        table_name = "event"
        indexes = ((("is_routed", "id"), False),)


class Job(Frozen):
    uid = CharField(unique=True, max_length=32)
    kind = CharField(max_length=80)
    payload = TextField(default="{}")
    unit = ForeignKeyField(Unit, null=True, on_delete="RESTRICT")
    lane = CharField(max_length=120, default="")
    once = CharField(unique=True, null=True, max_length=100)
    state = CharField(max_length=10, default="ready")
    run_at = BigIntegerField()
    attempts = IntegerField(default=0)
    lease_owner = CharField(max_length=60, default="")
    lease_until = BigIntegerField(null=True)
    progress = IntegerField(default=0)
    progress_total = IntegerField(default=0)
    last_error = TextField(default="")
    created_at = BigIntegerField()
    finished_at = BigIntegerField(null=True)

    class Meta:
        table_name = "job"
        indexes = ((("state", "run_at", "id"), False), (("lane", "state", "id"), False))


class Notice(Frozen):
    account = ForeignKeyField(Account, on_delete="RESTRICT")
    plugin = CharField(max_length=30, default="")
    text = CharField(max_length=300)
    params = TextField(default="{}")
    url = CharField(max_length=300, default="")
    at = BigIntegerField()
    expires_at = BigIntegerField()
    dismissed_at = BigIntegerField(null=True)

    class Meta:
        table_name = "notice"
        indexes = ((("account", "dismissed_at", "at"), False),)


class Participant(Frozen):
    realm = CharField(max_length=60)
    record_id = IntegerField()
    holder = CharField(max_length=30)
    kind = CharField(max_length=20)
    at = BigIntegerField()

    class Meta:
        table_name = "participant"
        indexes = (
            (("realm", "record_id", "holder", "kind"), True),
            (("holder", "realm", "kind", "at", "record_id"), True),
        )


class ParticipantTotal(Frozen):
    holder = CharField(max_length=30)
    realm = CharField(max_length=60)
    kind = CharField(max_length=20)
    total = IntegerField(default=0)

    class Meta:
        table_name = "participant_total"
        indexes = ((("holder", "realm", "kind"), True),)


class PluginRule(Frozen):
    plugin = CharField(index=True, max_length=30)
    scope = CharField(max_length=10)
    unit = ForeignKeyField(Unit, null=True, on_delete="RESTRICT")
    kind = CharField(max_length=20, default="")
    state = CharField(max_length=10)
    is_cap = BooleanField(default=False)
    people = TextField(default="[]")
    reason = TextField(default="")
    decided_by = ForeignKeyField(Account, null=True, on_delete="RESTRICT")
    decided_at = BigIntegerField()

    class Meta:
        table_name = "plugin_rule"


class Post(Frozen):
    uid = CharField(unique=True, max_length=32)
    account = ForeignKeyField(Account, on_delete="RESTRICT")
    unit = ForeignKeyField(Unit, on_delete="RESTRICT")
    title = CharField(max_length=100, default="")
    rank = IntegerField(default=100)
    is_primary = BooleanField(default=True)
    is_leader = BooleanField(default=False)
    source = CharField(max_length=10, default="local")
    starts_on = DateField(null=True)
    ends_on = DateField(null=True)
    is_active = BooleanField(default=True)

    class Meta:
        table_name = "post"
        indexes = ((("unit", "is_active", "rank"), False), (("account", "is_active"), False))


class Role(Frozen):
    code = CharField(unique=True, max_length=60)
    name = CharField(max_length=100)
    template = CharField(max_length=60, default="")
    is_edited = BooleanField(default=False)
    is_default = BooleanField(default=False)

    class Meta:
        table_name = "role"


class RoleGrant(Frozen):
    account = ForeignKeyField(Account, null=True, on_delete="RESTRICT")
    post = ForeignKeyField(Post, null=True, on_delete="RESTRICT")
    role = ForeignKeyField(Role, on_delete="RESTRICT")
    unit = ForeignKeyField(Unit, on_delete="RESTRICT")
    reach = CharField(max_length=10, default="unit")
    starts_on = DateField(null=True)
    ends_on = DateField(null=True)
    source = CharField(max_length=12, default="manual")
    granted_by = ForeignKeyField(Account, null=True, on_delete="RESTRICT")
    granted_at = BigIntegerField()

    class Meta:
        table_name = "role_grant"


class RolePermission(Frozen):
    role = ForeignKeyField(Role, on_delete="RESTRICT")
    permission = CharField(max_length=100)

    class Meta:
        table_name = "role_permission"
        indexes = ((("role", "permission"), True),)


class SearchEntry(Frozen):
    realm = CharField(max_length=60)
    record_id = IntegerField()
    plugin = CharField(max_length=30)
    unit = ForeignKeyField(Unit, null=True, on_delete="RESTRICT")
    title = CharField(max_length=300)
    summary = TextField(default="")
    is_open = BooleanField(default=False)
    at = BigIntegerField()

    class Meta:
        table_name = "search_entry"
        indexes = ((("realm", "record_id"), True),)


class Session(Frozen):
    token_hash = CharField(unique=True, max_length=64)
    account = ForeignKeyField(Account, on_delete="RESTRICT")
    post = ForeignKeyField(Post, null=True, on_delete="RESTRICT")
    created_at = BigIntegerField()
    seen_at = BigIntegerField()
    ends_at = BigIntegerField()
    ended_at = BigIntegerField(null=True)
    end_reason = CharField(max_length=20, default="")
    address = CharField(max_length=64, default="")
    browser = CharField(max_length=200, default="")

    class Meta:
        table_name = "session"


class SignInFailure(Frozen):
    bucket = CharField(index=True, max_length=100)
    at = BigIntegerField()

    class Meta:
        table_name = "sign_in_failure"


class Stamp(Frozen):
    name = CharField(unique=True, max_length=80)
    version = BigIntegerField(default=1)

    class Meta:
        table_name = "stamp"


class Submission(Frozen):
    key = CharField(unique=True, max_length=64)
    account_id = IntegerField(null=True)
    location = CharField(max_length=500)
    at = BigIntegerField()

    class Meta:
        table_name = "submission"


class Todo(Frozen):
    uid = CharField(unique=True, max_length=32)
    kind = CharField(max_length=10)
    plugin = CharField(max_length=30)
    realm = CharField(max_length=60)
    record_id = IntegerField()
    account = ForeignKeyField(Account, null=True, on_delete="RESTRICT")
    post = ForeignKeyField(Post, null=True, on_delete="RESTRICT")
    unit = ForeignKeyField(Unit, on_delete="RESTRICT")
    title = CharField(max_length=300)
    source_unit = ForeignKeyField(Unit, null=True, on_delete="RESTRICT")
    step = CharField(max_length=60, default="")
    due_on = DateField(null=True)
    state = CharField(max_length=10, default="open")
    arrived_at = BigIntegerField()
    opened_at = BigIntegerField(null=True)
    done_at = BigIntegerField(null=True)

    class Meta:
        table_name = "todo"
        indexes = (
            (("realm", "record_id", "kind", "account", "post"), True),
            (("account", "state", "kind", "plugin", "arrived_at"), False),
            (("realm", "record_id", "unit", "state"), False),
        )


MODELS = [
    Account,
    StoredFile,
    Attachment,
    AuditCheckpoint,
    AuditRecord,
    AuditSeal,
    Epoch,
    Node,
    Unit,
    Event,
    Job,
    Notice,
    Participant,
    ParticipantTotal,
    PluginRule,
    Post,
    Role,
    RoleGrant,
    RolePermission,
    SearchEntry,
    Session,
    SignInFailure,
    Stamp,
    Submission,
    Todo,
]

SEALED = ("audit_record", "audit_seal", "audit_checkpoint")


def up(migrator, db):
    with db.bind_ctx(MODELS):
        db.create_tables(MODELS)
        Epoch.create()
    if isinstance(db, PostgresqlDatabase):
        statements = [*server_search(), *server_seals()]
    else:
        statements = [*embedded_search(), *embedded_seals()]
    for statement in statements:
        db.execute_sql(statement)


def embedded_search():
    # One row per search entry (rowid = its id); tokens are separated by spaces.
    yield (
        "CREATE VIRTUAL TABLE search_token USING fts5("
        "tokens, tokenize = 'unicode61 remove_diacritics 0')"
    )


def server_search():
    yield "ALTER TABLE search_entry ADD COLUMN tokens text[] NOT NULL DEFAULT '{}'"
    yield "CREATE INDEX search_entry_tokens ON search_entry USING gin (tokens)"
    # Prefix search on the tree path, whatever the collation of the database.
    yield "CREATE INDEX unit_path_prefix ON unit (path text_pattern_ops)"


def embedded_seals():
    for table in SEALED:
        for verb in ("UPDATE", "DELETE"):
            yield (
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'the audit trail can only be added to'); END"
            )


def server_seals():
    yield (
        "CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit trail can only be added to'; END $$"
    )
    for table in SEALED:
        yield (
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()"
        )
