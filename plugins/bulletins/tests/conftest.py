"""Bulletins switched on everywhere; li publishes for the province, wang for 昆明."""

import re

import pytest

from openbureau.testing.bureau import Bureau, Client


@pytest.fixture
def on(bureau: Bureau) -> Bureau:
    """The bureau with bulletins on."""
    return switched_on(bureau)


def switched_on(bureau: Bureau) -> Bureau:
    bureau.enable("bulletins")
    bureau.grant("li", "bulletins.publisher", "530000")
    bureau.grant("wang", "bulletins.publisher", "530100")
    return bureau


def publish(
    client: Client,
    title: str = "关于开展电梯安全检查的通知",
    receivers: tuple[str, ...] = ("subtree:530100",),
    files: tuple[tuple[str, str, bytes], ...] = (),
) -> int:
    """Drafts and publishes through the pages; the bulletin's id."""
    client.get("/bulletins/bulletin/new")
    fields = {"title": title, "body": "第一段\n第二段", "receivers": receivers, "intent": "publish"}
    saved = client.post("/bulletins/bulletin/new", fields, files)
    assert saved.status == 303, saved.words
    number = re.search(r"/bulletins/bulletin/(\d+)/publish", saved.location)
    assert number is not None, saved.location
    client.follow(saved)
    published = client.post(saved.location)
    assert published.status == 303, published.words
    return int(number[1])
