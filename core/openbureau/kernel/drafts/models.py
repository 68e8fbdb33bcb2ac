"""Table of unfinished forms."""

from peewee import CharField, ForeignKeyField, TextField

from openbureau.base.database import InstantField, Table
from openbureau.kernel.accounts.models import Account


class FormDraft(Table):
    """What a person has typed into the form of one page and not sent, or sent too late.

    `page` is the address of the page that shows the form, `fields` a JSON list of
    [name, value] pairs in the order of the form.
    """

    account = ForeignKeyField(Account, on_delete="RESTRICT", backref=None)
    page = CharField(max_length=500)
    title = CharField(max_length=200, default="")
    fields = TextField()
    saved_at = InstantField()

    class Meta:
        table_name = "form_draft"
        indexes = ((("account", "page"), True), (("saved_at",), False))
