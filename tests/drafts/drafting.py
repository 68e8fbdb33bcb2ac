"""Somebody drafts a bulletin: the form, what a script sends, what came back filled."""

import json
import re
from html import unescape

from openbureau.testing.bureau import Answer, Bureau, Client

NEW = "/bulletins/bulletin/new"
RESTORED = f"{NEW}?draft=1"
TEXT = {"title": "关于开展电梯安全检查的通知", "body": "第一段\n第二段", "is_urgent": "y"}
SAME_SITE = {"origin": "http://bureau.test", "sec-fetch-site": "same-origin"}


def switched_on(bureau: Bureau) -> Bureau:
    bureau.enable("bulletins")
    for login in ("li", "wang", "zhang"):
        bureau.grant(login, "bulletins.publisher", "530000")
    return bureau


def writer(bureau: Bureau, login: str = "li") -> Client:
    """Somebody with the empty form before them."""
    client = bureau.sign_in(login)
    assert client.get(NEW).status == 200
    return client


def save(
    client: Client,
    fields: object = tuple(TEXT.items()),
    page: str = NEW,
    *,
    of: str = "",
    title: str = "起草公告",
) -> Answer:
    """What a script sends three seconds after the last change."""
    sent = {"csrf": client.hidden["csrf"], "of": of, "page": page, "title": title}
    content = fields if isinstance(fields, str) else json.dumps(fields)
    return client.post("/-/drafts", {**sent, "fields": content}, is_bare=True)


def filled(answer: Answer) -> dict[str, str]:
    """Title and body in the form of an answer."""
    title = re.search(r'name="title"[^>]*value="([^"]*)"', answer.text)
    body = re.search(r'<textarea[^>]*name="body"[^>]*>\s?([^<]*)</textarea>', answer.text)
    return {
        "title": unescape(title[1]) if title else "",
        "body": unescape(body[1]).strip().replace("\r\n", "\n") if body else "",
    }


def drafts(bureau: Bureau) -> list[tuple[str, str]]:
    """Who keeps a draft of what."""
    return bureau.rows(
        "SELECT account.login, form_draft.page FROM form_draft JOIN account"
        " ON account.id = form_draft.account_id ORDER BY form_draft.id"
    )
