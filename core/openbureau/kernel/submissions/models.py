"""Table of submitted forms."""

from peewee import CharField, IntegerField

from openbureau.base.database import InstantField, Table


class Submission(Table):
    """A form key that was acted upon and where its answer led; kept for two days."""

    key = CharField(max_length=64, unique=True)
    account_id = IntegerField(null=True)
    location = CharField(max_length=500)
    at = InstantField()

    class Meta:
        table_name = "submission"
