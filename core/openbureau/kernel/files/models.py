"""Tables of stored files and attachments."""

from peewee import BigIntegerField, CharField, ForeignKeyField, IntegerField

from openbureau.base.database import InstantField, Table, UidField
from openbureau.kernel.accounts.models import Account


class StoredFile(Table):
    """Content, once per digest, under `files/ab/cd/<sha256>` in the data directory."""

    digest = CharField(max_length=64, unique=True)
    size_bytes = BigIntegerField()
    media_type = CharField(max_length=100)
    stored_at = InstantField()

    class Meta:
        table_name = "stored_file"


class Attachment(Table):
    """A file hanging on a record (附件). Whoever sees the record may download it."""

    uid = UidField()
    file = ForeignKeyField(StoredFile, on_delete="RESTRICT", backref=None)
    realm = CharField(max_length=60)
    record_id = IntegerField()
    name = CharField(max_length=200)
    position = IntegerField(default=0)
    account = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    attached_at = InstantField()
    removed_at = InstantField(null=True)

    class Meta:
        table_name = "attachment"
        indexes = ((("realm", "record_id", "position"), False),)


class Upload(Table):
    """A file on its way in pieces. `stored` is empty until the last piece arrived."""

    uid = UidField()
    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    name = CharField(max_length=200)
    size_bytes = BigIntegerField()
    received_bytes = BigIntegerField(default=0)
    stored = CharField(max_length=500, default="")
    started_at = InstantField()

    class Meta:
        table_name = "upload"
        indexes = ((("account", "started_at"), False),)
