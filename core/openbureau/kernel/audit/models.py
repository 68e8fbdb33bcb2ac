"""Tables of the audit trail. There is no way to change or delete a row."""

from peewee import BigIntegerField, CharField, IntegerField, TextField

from openbureau.base.database import InstantField, Table


class AuditRecord(Table):
    """Who did what to which record, written in the business transaction."""

    at = InstantField()
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
        indexes = (
            (("realm", "record_id"), False),
            (("account_id", "at"), False),
            (("at",), False),
            (("unit_id", "at"), False),
            (("action", "at"), False),
            (("address", "at"), False),
            (("outcome", "at"), False),
        )


class AuditSeal(Table):
    """A record's place in the chain: digest of the previous seal and of the record."""

    record_id = BigIntegerField(unique=True)
    digest = CharField(max_length=64)

    class Meta:
        table_name = "audit_seal"


class AuditCheckpoint(Table):
    """The head of the chain at one moment, signed with the installation's key."""

    seal_id = BigIntegerField()
    digest = CharField(max_length=64)
    at = InstantField()
    signature = CharField(max_length=200)

    class Meta:
        table_name = "audit_checkpoint"
