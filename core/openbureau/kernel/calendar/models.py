"""Table of the working calendar."""

from peewee import BooleanField, CharField, ForeignKeyField, IntegerField, TextField

from openbureau.base.database import InstantField, Table
from openbureau.kernel.accounts.models import Account


class CalendarYear(Table):
    """What an administrator entered for a year; it takes the place of what is built in.

    `notice` names the paper the days come from. `days` (JSON) are [date, `rest` or `working`,
    festival] of every day that differs from an ordinary week. A provisional year is a guess
    until its notice is out.
    """

    year = IntegerField(unique=True)
    notice = CharField(max_length=200)
    days = TextField()
    is_provisional = BooleanField(default=False)
    decided_by = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    decided_at = InstantField()

    class Meta:
        table_name = "calendar_year"
