"""The first schema of devices. The model is a frozen copy: what the table was."""

from peewee import (
    BigIntegerField,
    CharField,
    DateField,
    DecimalField,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)


class Unit(Model):
    class Meta:
        table_name = "unit"


class Device(Model):
    uid = CharField(unique=True, max_length=32)
    unit = ForeignKeyField(Unit, on_delete="RESTRICT", backref=None)
    version = IntegerField(default=1)
    changed_at = BigIntegerField()
    voided_at = BigIntegerField(null=True)
    kind = CharField(max_length=10)
    code = CharField(max_length=20)
    certificate = CharField(max_length=30, default="")
    name = CharField(max_length=100)
    model = CharField(max_length=60, default="")
    serial = CharField(max_length=40, default="")
    maker = CharField(max_length=100, default="")
    made_on = DateField(null=True)
    user = CharField(max_length=100)
    user_code = CharField(max_length=18, default="")
    place = CharField(max_length=200, default="")
    keeper = CharField(max_length=40, default="")
    mobile = CharField(max_length=20, default="")
    used_on = DateField(null=True)
    inspected_on = DateField(null=True)
    result = CharField(max_length=10, default="")
    due_on = DateField(null=True)
    state = CharField(max_length=10, default="used")
    capacity = DecimalField(max_digits=12, decimal_places=2, null=True)
    remark = TextField(default="")

    class Meta:
        table_name = "devices_device"
        indexes = (
            (("voided_at", "unit"), False),
            (("voided_at", "unit", "kind", "state"), False),
            (("voided_at", "kind", "state", "unit"), False),
            (("voided_at", "due_on"), False),
            (("unit", "due_on"), False),
            (("code",), False),
        )


def up(migrator, db):
    with db.bind_ctx([Unit, Device]):
        db.create_tables([Device], safe=False)
