"""Tables beside every register: histories, comments, imports, kept queries, work on many."""

from peewee import BooleanField, CharField, ForeignKeyField, IntegerField, TextField

from openbureau.base.database import InstantField, Table, UidField
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.units.models import Unit

BATCH_STATES = (
    "checking",
    "checked",
    "refused",
    "applying",
    "applied",
    "undoing",
    "undone",
    "failed",
)


class ImportBatch(Table):
    """One workbook brought to a register: what its check found, what became of it.

    `digest` names the stored file, `error_digest` the workbook with the faulty cells marked.
    The counts add up to `total`: every row of the workbook is one of them. `done_total` rows
    were written; `kept_total` records were changed since, so that undoing left them as they
    are. `headings` (JSON): the columns nobody knows, the row of the column names. `problem`
    (JSON): why the whole was refused.
    """

    uid = UidField()
    realm = CharField(max_length=60)
    file_name = CharField(max_length=200)
    digest = CharField(max_length=64)
    error_digest = CharField(max_length=64, default="")
    state = CharField(max_length=10, default="checking")
    takes_good_rows = BooleanField(default=False)
    total = IntegerField(default=0)
    new_total = IntegerField(default=0)
    changed_total = IntegerField(default=0)
    same_total = IntegerField(default=0)
    duplicate_total = IntegerField(default=0)
    error_total = IntegerField(default=0)
    done_total = IntegerField(default=0)
    kept_total = IntegerField(default=0)
    problem = TextField(default="")
    headings = TextField(default="{}")
    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    post = ForeignKeyField(Post, null=True, on_delete="RESTRICT", backref=None)
    unit = ForeignKeyField(Unit, on_delete="RESTRICT", backref=None)
    created_at = InstantField()
    checked_at = InstantField(null=True)
    applied_at = InstantField(null=True)
    undone_at = InstantField(null=True)

    class Meta:
        table_name = "import_batch"
        indexes = ((("realm", "unit", "created_at"), False),)


class ImportLine(Table):
    """One row of a workbook, read and judged. `values` and `problems` are JSON.

    `action` is new, change, same, duplicate or error; clash: the record changed between check
    and import, so nothing was written; kept: it changed after it. `version` is the record's
    at the check. `is_done` while what it says is written.
    """

    batch = ForeignKeyField(ImportBatch, on_delete="RESTRICT", backref=None)
    number = IntegerField()
    action = CharField(max_length=10)
    record_id = IntegerField(null=True)
    version = IntegerField(null=True)
    values = TextField(default="{}")
    problems = TextField(default="[]")
    is_done = BooleanField(default=False)

    class Meta:
        table_name = "import_line"
        indexes = ((("batch", "number"), True), (("batch", "action", "number"), False))


class RecordChange(Table):
    """One step in the life of a record: who, when, and each column before and after (JSON)."""

    realm = CharField(max_length=60)
    record_id = IntegerField()
    version = IntegerField()
    action = CharField(max_length=12)
    before = TextField(default="{}")
    after = TextField(default="{}")
    reason = CharField(max_length=300, default="")
    batch = ForeignKeyField(ImportBatch, null=True, on_delete="RESTRICT", backref=None)
    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    on_behalf_of = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    post = ForeignKeyField(Post, null=True, on_delete="RESTRICT", backref=None)
    unit = ForeignKeyField(Unit, null=True, on_delete="RESTRICT", backref=None)
    at = InstantField()

    class Meta:
        table_name = "record_change"
        indexes = (
            (("realm", "record_id", "version"), True),
            (("batch", "record_id"), False),
        )


class RecordComment(Table):
    """A remark on a record; withdrawn, never deleted."""

    uid = UidField()
    realm = CharField(max_length=60)
    record_id = IntegerField()
    text = TextField()
    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    on_behalf_of = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    post = ForeignKeyField(Post, null=True, on_delete="RESTRICT", backref=None)
    unit = ForeignKeyField(Unit, null=True, on_delete="RESTRICT", backref=None)
    at = InstantField()
    withdrawn_at = InstantField(null=True)

    class Meta:
        table_name = "record_comment"
        indexes = ((("realm", "record_id", "id"), False),)


class SavedQuery(Table):
    """A query of a register kept under a name (保存方案): the query part of its address.

    With `unit` everybody in that unit's subtree is offered it.
    """

    uid = UidField()
    realm = CharField(max_length=60)
    name = CharField(max_length=60)
    address = CharField(max_length=2000)
    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    unit = ForeignKeyField(Unit, null=True, on_delete="RESTRICT", backref=None)
    created_at = InstantField()

    class Meta:
        table_name = "saved_query"
        indexes = ((("account", "realm", "name"), True), (("realm", "unit"), False))


class ListView(Table):
    """Which columns of a register somebody wants to see, in their order (JSON)."""

    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    realm = CharField(max_length=60)
    columns = TextField(default="[]")

    class Meta:
        table_name = "list_view"
        indexes = ((("account", "realm"), True),)


class BulkRun(Table):
    """One piece of work on many records, or an export: what was chosen, how far it came.

    Work is done on the records of `chosen` (JSON ids, rising), those that `address` still finds
    when their turn comes; an export is of all that `address` finds. `params` (JSON) are the
    columns and format of an export, `readable` (JSON) the ids of the units whose personal data
    can be read in its file. Records up to `last_record` are done; the counts add up
    to `total` in the end. `digest` names the file that was made. `problem` (JSON): why the
    whole ended early.
    """

    uid = UidField()
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
    created_at = InstantField()
    cancelled_at = InstantField(null=True)
    ended_at = InstantField(null=True)

    class Meta:
        table_name = "bulk_run"
        indexes = ((("account", "realm", "created_at"), False),)


class BulkFault(Table):
    """A record on which the work of a run failed, and why (JSON: message and values)."""

    run = ForeignKeyField(BulkRun, on_delete="RESTRICT", backref=None)
    record_id = IntegerField()
    title = CharField(max_length=300)
    problem = TextField()

    class Meta:
        table_name = "bulk_fault"
        indexes = ((("run", "record_id"), True),)


class RetentionChoice(Table):
    """How long an administrator decided to keep personal data of a register, and by which
    rule. Only added to: the latest row holds, the others are history."""

    realm = CharField(max_length=60)
    years = IntegerField()
    basis = CharField(max_length=300)
    is_carried_out = BooleanField(default=False)
    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    at = InstantField()

    class Meta:
        table_name = "retention_choice"
        indexes = ((("realm", "at"), False),)
