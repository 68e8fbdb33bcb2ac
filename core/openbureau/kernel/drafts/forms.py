"""Drafts as requests bring them: looked for, kept when a form is refused, gone once sent."""

import datetime as dt

import msgspec

from openbureau.base.csrf import (
    AUTHOR_FIELD,
    ONCE_FIELD,
    TECHNICAL_FIELDS,
    is_same_origin,
    proven_author,
)
from openbureau.base.database import from_instant, writing
from openbureau.base.drafts import RESTORING, Draft, page_of, restoring
from openbureau.base.request import Request
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.drafts.actions import Fields, forget_draft, save_draft
from openbureau.kernel.drafts.queries import draft_row
from openbureau.kernel.files.uploads import take_kept


def shown_draft(request: Request) -> Draft | None:
    """The person's draft of the page asked for, or None."""
    page = page_of(request.full_path)
    row = draft_row().row(account_id=request.person.account.id, page=page) if page else None
    if row is None:
        return None
    is_restored = RESTORING in request.full_path.partition("?")[2].split("&")
    fields = msgspec.json.decode(row.fields, type=list[tuple[str, str]]) if is_restored else []
    take_kept(request, fields)
    return Draft(
        id=row.id,
        saved_at=from_instant(row.saved_at),
        restore_url=restoring(page),
        is_restored=is_restored,
        fields=fields,
    )


def keep_text(request: Request, now: dt.datetime) -> str:
    """Keeps the text of a refused form for whom the form was made, also without a session;
    the address that shows it again, or "" when it is not this person's or there is none."""
    form = request.form
    if form is None or not is_same_origin(request.headers):
        return ""
    once, claim = str(form.get(ONCE_FIELD) or ""), str(form.get(AUTHOR_FIELD) or "")
    uid = proven_author(request.app.key, once, claim)
    page, fields = request.form_page, typed(request)
    if not (uid and page and any(value.strip() for _, value in fields)):
        return ""
    with writing():
        author = Account.get_or_none((Account.uid == uid) & (Account.state == "active"))
        if author is None:
            return ""
        save_draft(author.id, page, "", fields, now)
    is_theirs = request.ctx is None or request.ctx.account.id == author.id
    return restoring(page) if is_theirs else ""


def forget_sent(request: Request) -> None:
    """Removes the draft of the form that was acted upon."""
    form = request.form
    if form is not None and request.ctx is not None and AUTHOR_FIELD in form:
        names = set(form) - TECHNICAL_FIELDS
        forget_draft(request.ctx.account.id, request.form_page, names)


def typed(request: Request) -> Fields:
    """The text of a sent form: no files, no secrets, nothing of our own."""
    if request.form is None:
        return []
    return [
        (name, value)
        for name, value in request.form.multi_items()
        if isinstance(value, str) and is_kept(name)
    ]


def is_kept(name: str) -> bool:
    """Whether a field of this name belongs into a draft."""
    return name not in TECHNICAL_FIELDS and "password" not in name.lower()
