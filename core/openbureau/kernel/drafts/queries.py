"""Reads of unfinished forms."""

from typing import Any

from peewee import Query

from openbureau.base.database import param, statement
from openbureau.base.errors import NotFound
from openbureau.kernel.drafts.models import FormDraft


@statement
def draft_row() -> Query:
    """The draft of an account on a page: id, fields, saved_at."""
    return FormDraft.select(FormDraft.id, FormDraft.fields, FormDraft.saved_at).where(
        (FormDraft.account == param("account_id")) & (FormDraft.page == param("page"))
    )


def drafts_of(account_id: int) -> list[Any]:
    """What a person has not sent, the latest first. Rows: id, page, title, saved_at."""
    return list(
        FormDraft.select(FormDraft.id, FormDraft.page, FormDraft.title, FormDraft.saved_at)
        .where(FormDraft.account == account_id)
        .order_by(FormDraft.saved_at.desc(), FormDraft.id.desc())
        .namedtuples()
    )


def own_draft(account_id: int, draft_id: int) -> FormDraft:
    """One of a person's drafts. Raises NotFound: it is not theirs."""
    draft = FormDraft.get_or_none((FormDraft.id == draft_id) & (FormDraft.account == account_id))
    if draft is None:
        raise NotFound
    return draft
