"""Bulletins switched on everywhere; li publishes for the province, wang for 昆明.

zhang, zhou and sun only read; zhao works in another prefecture.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from openbureau import writing
from openbureau.testing.bureau import Answer, Bureau, Client, close_bureau, open_bureau
from openbureau_bulletins.models import Bulletin

TITLE = "关于开展电梯安全检查的通知"
BODY = "第一段\n第二段"
NEW = "/bulletins/bulletin/new"
Files = tuple[tuple[str, str, bytes], ...]


@pytest.fixture
def on(bureau: Bureau) -> Bureau:
    """The bureau with bulletins on."""
    return switched_on(bureau)


@pytest.fixture
def either_on(either_bureau: Bureau) -> Bureau:
    """The bureau with bulletins on, once on each database."""
    return switched_on(either_bureau)


@pytest.fixture
def small_uploads(tmp_path: Path) -> Iterator[Bureau]:
    """The bureau with bulletins on, where an attachment has at most 1 MB."""
    yield switched_on(open_bureau(tmp_path / "data", upload_max_mb=1))
    close_bureau()


def switched_on(bureau: Bureau) -> Bureau:
    bureau.enable("bulletins")
    bureau.grant("li", "bulletins.publisher", "530000")
    bureau.grant("wang", "bulletins.publisher", "530100")
    return bureau


def address(bulletin: int, page: str = "") -> str:
    """Where a bulletin or one of its pages is."""
    return f"/bulletins/bulletin/{bulletin}{page and '/'}{page}"


def saved(
    client: Client,
    title: str = TITLE,
    receivers: tuple[str, ...] = ("subtree:530100",),
    files: Files = (),
    intent: str = "draft",
) -> Answer:
    """Sends the form of a new bulletin."""
    client.get(NEW)
    fields = {"title": title, "body": BODY, "receivers": receivers, "intent": intent}
    answer = client.post(NEW, fields, files)
    assert answer.status == 303, answer.words
    return answer


def draft(
    client: Client,
    title: str = TITLE,
    receivers: tuple[str, ...] = ("subtree:530100",),
    files: Files = (),
) -> int:
    """Saves a draft through the pages; the bulletin's id."""
    found = re.search(r"/bulletin/(\d+)/edit", saved(client, title, receivers, files).location)
    assert found is not None
    return int(found[1])


def widen(bulletin: int, *receivers: str) -> None:
    """Gives a draft receivers its author could choose once and may not choose any more."""
    with writing():
        Bulletin.update(receivers=json.dumps(receivers)).where(Bulletin.id == bulletin).execute()


def publish(
    client: Client,
    title: str = TITLE,
    receivers: tuple[str, ...] = ("subtree:530100",),
    files: Files = (),
) -> int:
    """Drafts and publishes through the pages; the bulletin's id."""
    bulletin = draft(client, title, receivers, files)
    client.get(address(bulletin, "publish"))
    published = client.post(address(bulletin, "publish"))
    assert published.status == 303, published.words
    return bulletin


def withdraw(client: Client, bulletin: int, reason: str = "内容有误") -> None:
    """Withdraws through the pages."""
    client.get(address(bulletin, "withdraw"))
    answer = client.post(address(bulletin, "withdraw"), {"reason": reason})
    assert answer.status == 303, answer.words


def state_of(bureau: Bureau, bulletin: int) -> str:
    """What the row holds."""
    rows = bureau.rows("SELECT state FROM bulletins_bulletin WHERE id = ?", [bulletin])
    return str(rows[0][0]) if rows else "gone"
