"""Table of devices."""

from peewee import CharField, DateField, DecimalField, ForeignKeyField, IntegerField, TextField

from openbureau import N_, InstantField, Table, UidField, Unit

KINDS = [
    ("boiler", N_("锅炉")),
    ("vessel", N_("压力容器")),
    ("lift", N_("电梯")),
    ("crane", N_("起重机械")),
    ("truck", N_("场内机动车辆")),
    ("ride", N_("大型游乐设施")),
]
STATES = [
    ("used", N_("在用")),
    ("idle", N_("停用")),
    ("scrapped", N_("报废")),
    ("cancelled", N_("注销")),
]
RESULTS = [("passed", N_("合格")), ("mended", N_("整改后合格")), ("failed", N_("不合格"))]


class Device(Table):
    """One device; `unit` is the bureau that supervises it."""

    uid = UidField()
    unit = ForeignKeyField(Unit, on_delete="RESTRICT", backref=None)
    version = IntegerField(default=1)
    changed_at = InstantField()
    voided_at = InstantField(null=True)
    kind = CharField(max_length=10, choices=KINDS)
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
    result = CharField(max_length=10, choices=RESULTS, default="")
    due_on = DateField(null=True)
    state = CharField(max_length=10, choices=STATES, default="used")
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
