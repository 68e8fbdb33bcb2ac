"""Writes of unfinished forms."""

import datetime as dt
from collections.abc import Iterable, Sequence

import msgspec

from openbureau.base.errors import TooLarge
from openbureau.base.i18n import N_
from openbureau.kernel.drafts.models import FormDraft
from openbureau.kernel.drafts.queries import draft_row

LIMIT_BYTES = 200 * 1024
PER_ACCOUNT = 50
KEPT = dt.timedelta(days=30)
TITLE_LENGTH = 200
Fields = Sequence[tuple[str, str]]


def save_draft(account_id: int, page: str, title: str, fields: Fields, now: dt.datetime) -> None:
    """Keeps what was typed on a page in place of what was kept before; an empty title keeps
    the former one. Sweeps what is too old and, of one account, too much.

    Raises TooLarge: more than 200 KB.
    """
    content = msgspec.json.encode(fields)
    if len(content) > LIMIT_BYTES:
        raise TooLarge(N_("表单里的文字太多，草稿存不下。"))
    changed = {"fields": content.decode(), "saved_at": now}
    if title:
        changed["title"] = title[:TITLE_LENGTH]
    FormDraft.insert(account=account_id, page=page, **changed).on_conflict(
        conflict_target=[FormDraft.account, FormDraft.page], update=changed
    ).execute()
    FormDraft.delete().where(FormDraft.saved_at < now - KEPT).execute()
    newest = (
        FormDraft.select(FormDraft.id)
        .where(FormDraft.account == account_id)
        .order_by(FormDraft.saved_at.desc(), FormDraft.id.desc())
        .limit(PER_ACCOUNT)
    )
    FormDraft.delete().where(
        (FormDraft.account == account_id) & FormDraft.id.not_in(newest)
    ).execute()


def forget_draft(account_id: int, page: str, names: Iterable[str]) -> None:
    """Removes the draft of a page once its form was sent: a form that shares none of these
    field names with it is another one."""
    row = draft_row().row(account_id=account_id, page=page)
    if row is None:
        return
    kept = {name for name, _ in msgspec.json.decode(row.fields, type=list[tuple[str, str]])}
    if kept & set(names):
        FormDraft.delete().where(FormDraft.id == row.id).execute()


def delete_draft(draft: FormDraft) -> None:
    """Throws a draft away."""
    FormDraft.delete().where(FormDraft.id == draft.id).execute()
