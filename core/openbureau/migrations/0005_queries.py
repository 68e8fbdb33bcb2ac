"""Registers: kept queries, chosen columns, work on many records, terms of retention; tokens
of the API. The search index knows titles and from where a record is seen.

The models are frozen copies: this file says what the tables were, not what they are.
"""

import datetime as dt
import re
import unicodedata

from peewee import (
    BigIntegerField,
    BooleanField,
    CharField,
    DateField,
    ForeignKeyField,
    IntegerField,
    Model,
    PostgresqlDatabase,
    TextField,
)

# How titles were cut into tokens when this was written.
HAN = "\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\ue000-\uf8ff\U00020000-\U0003ffff"
RUN = re.compile(rf"(?P<han>[{HAN}]+)|(?P<digits>\d+)|(?P<letters>[^\W\d_{HAN}]+)")
CHINA = dt.timezone(dt.timedelta(hours=8))
AT_ONCE = 1000


class Frozen(Model):
    class Meta:
        legacy_table_names = False


class Account(Frozen):
    class Meta:
        table_name = "account"


class Post(Frozen):
    class Meta:
        table_name = "post"


class Unit(Frozen):
    class Meta:
        table_name = "unit"


class SavedQuery(Frozen):
    uid = CharField(unique=True, max_length=32)
    realm = CharField(max_length=60)
    name = CharField(max_length=60)
    address = CharField(max_length=2000)
    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    unit = ForeignKeyField(Unit, null=True, on_delete="RESTRICT", backref=None)
    created_at = BigIntegerField()

    class Meta:
        table_name = "saved_query"
        indexes = ((("account", "realm", "name"), True), (("realm", "unit"), False))


class ListView(Frozen):
    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    realm = CharField(max_length=60)
    columns = TextField(default="[]")

    class Meta:
        table_name = "list_view"
        indexes = ((("account", "realm"), True),)


class BulkRun(Frozen):
    uid = CharField(unique=True, max_length=32)
    realm = CharField(max_length=60)
    action = CharField(max_length=40)
    address = TextField(default="")
    chosen = TextField(default="[]")
    params = TextField(default="{}")
    readable = TextField(default="[]")
    reason = CharField(max_length=300, default="")
    state = CharField(max_length=10, default="waiting")
    total = IntegerField(default=0)
    done_total = IntegerField(default=0)
    failed_total = IntegerField(default=0)
    last_record = IntegerField(default=0)
    problem = TextField(default="")
    file_name = CharField(max_length=200, default="")
    digest = CharField(max_length=64, default="")
    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    post = ForeignKeyField(Post, null=True, on_delete="RESTRICT", backref=None)
    unit = ForeignKeyField(Unit, on_delete="RESTRICT", backref=None)
    created_at = BigIntegerField()
    cancelled_at = BigIntegerField(null=True)
    ended_at = BigIntegerField(null=True)

    class Meta:
        table_name = "bulk_run"
        indexes = ((("account", "realm", "created_at"), False),)


class BulkFault(Frozen):
    run = ForeignKeyField(BulkRun, on_delete="RESTRICT", backref=None)
    record_id = IntegerField()
    title = CharField(max_length=300)
    problem = TextField()

    class Meta:
        table_name = "bulk_fault"
        indexes = ((("run", "record_id"), True),)


class RetentionChoice(Frozen):
    realm = CharField(max_length=60)
    years = IntegerField()
    basis = CharField(max_length=300)
    is_carried_out = BooleanField(default=False)
    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    at = BigIntegerField()

    class Meta:
        table_name = "retention_choice"
        indexes = ((("realm", "at"), False),)


class ApiToken(Frozen):
    uid = CharField(unique=True, max_length=32)
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
    created_at = BigIntegerField()
    used_at = BigIntegerField(null=True)
    revoked_by = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    revoked_at = BigIntegerField(null=True)
    reason = CharField(max_length=300, default="")

    class Meta:
        table_name = "api_token"


class ApiAddress(Frozen):
    token = ForeignKeyField(ApiToken, on_delete="RESTRICT", backref=None)
    address = CharField(max_length=64)
    at = BigIntegerField()

    class Meta:
        table_name = "api_address"
        indexes = ((("token", "address"), True),)


class ApiAnswer(Frozen):
    token = ForeignKeyField(ApiToken, on_delete="RESTRICT", backref=None)
    key = CharField(max_length=100)
    digest = CharField(max_length=64)
    status = IntegerField()
    body = TextField()
    at = BigIntegerField()

    class Meta:
        table_name = "api_answer"
        indexes = ((("token", "key"), True), (("at",), False))


MADE = [SavedQuery, ListView, BulkRun, BulkFault, RetentionChoice, ApiToken, ApiAddress, ApiAnswer]


def up(migrator, db):
    with db.bind_ctx([Account, Post, Unit, *MADE]):
        db.create_tables(MADE, safe=False)
    replace_index(db)


def replace_index(db):
    is_server = isinstance(db, PostgresqlDatabase)
    mark = "%s" if is_server else "?"
    if not is_server:
        db.execute_sql("ALTER TABLE search_token RENAME TO former_token")
        db.execute_sql(
            "CREATE VIRTUAL TABLE search_token USING fts5(title, tokens, places, "
            "tokenize = \"unicode61 remove_diacritics 0 tokenchars '_'\")"
        )
    last = 0
    while rows := db.execute_sql(
        "SELECT e.id, e.realm, u.access_unit_id, e.title, e.is_open, e.at "
        "FROM search_entry e LEFT JOIN unit u ON u.id = e.unit_id "
        f"WHERE e.id > {mark} ORDER BY e.id LIMIT {AT_ONCE}",
        (last,),
    ).fetchall():
        for entry_id, realm, unit_id, title, is_open, at in rows:
            titled, seen_from = stream(title), places(realm, unit_id, at, is_open)
            if is_server:
                alone = sorted({c for token in titled for c in token if c >= HAN[0]})
                more = [*(f"t_{token}" for token in (*titled, *alone)), *seen_from]
                db.execute_sql(
                    "UPDATE search_entry SET tokens = tokens || %s::text[] WHERE id = %s",
                    (more, entry_id),
                )
            else:
                db.execute_sql(
                    "INSERT INTO search_token (rowid, title, tokens, places) "
                    "SELECT rowid, ?, tokens, ? FROM former_token WHERE rowid = ?",
                    (" ".join(titled), " ".join(seen_from), entry_id),
                )
        last = rows[-1][0]
    if not is_server:
        db.execute_sql("DROP TABLE former_token")


def stream(title):
    tokens = []
    for match in RUN.finditer(unicodedata.normalize("NFKC", title).casefold()):
        run = match.group()
        if match.lastgroup == "han":
            tokens += [run[i : i + 2] for i in range(len(run) - 1)]
            tokens.append(run[-1])
        else:
            tokens.append(run)
    return tokens


def places(realm, unit_id, at, is_open):
    flat = realm.replace("/", "_")
    month = dt.datetime.fromtimestamp(at / 1000, CHINA).strftime("%Y%m")
    found = [f"all_{flat}", f"m{month}"]
    if unit_id is not None:
        found += [f"u{unit_id}_{flat}", f"u{unit_id}"]
    return [*found, f"open_{flat}"] if is_open else found
