"""Table of the job ledger."""

from peewee import CharField, ForeignKeyField, IntegerField, TextField

from openbureau.base.database import InstantField, Table, UidField
from openbureau.kernel.units.models import Unit

JOB_STATES = ("ready", "running", "done", "parked", "dead")


class Job(Table):
    """One piece of work, written in the transaction that asks for it.

    Claimed by lease; a lease that ran out is claimed again, so handlers must be
    idempotent. Jobs with the same `lane` run one after the other, in order.
    """

    uid = UidField()
    kind = CharField(max_length=80)
    payload = TextField(default="{}")
    unit = ForeignKeyField(Unit, null=True, on_delete="RESTRICT", backref=None)
    lane = CharField(max_length=120, default="")
    once = CharField(max_length=100, null=True, unique=True)
    state = CharField(max_length=10, default="ready")
    run_at = InstantField()
    attempts = IntegerField(default=0)
    lease_owner = CharField(max_length=60, default="")
    lease_until = InstantField(null=True)
    progress = IntegerField(default=0)
    progress_total = IntegerField(default=0)
    last_error = TextField(default="")
    created_at = InstantField()
    finished_at = InstantField(null=True)

    class Meta:
        table_name = "job"
        indexes = ((("state", "run_at", "id"), False), (("lane", "state", "id"), False))
