"""The working calendar: years administrators entered.

The models are frozen copies: this file says what the tables were, not what they are.
"""

from peewee import (
    BigIntegerField,
    BooleanField,
    CharField,
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


class CalendarYear(Frozen):
    year = IntegerField(unique=True)
    notice = CharField(max_length=200)
    days = TextField()
    is_provisional = BooleanField(default=False)
    decided_by = ForeignKeyField(Account, null=True, on_delete="RESTRICT", backref=None)
    decided_at = BigIntegerField()

    class Meta:
        table_name = "calendar_year"


def up(migrator, db):
    with db.bind_ctx([Account, CalendarYear]):
        db.create_tables([CalendarYear], safe=False)
