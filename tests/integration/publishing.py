"""A bulletin's way through the pages of a running server."""

import re

from openbureau.testing.client import Client

PUBLISHER, READER, STRANGER = "lizhihua", "zhangxiaomei", "system"
NEW = "/bulletins/bulletin/new"
_EDIT = re.compile(r"/bulletins/bulletin/\d+")
_FILE = re.compile(r'href="(/-/files/[^"]+)"')


def publish(author: Client, title: str, *files: tuple[str, str, bytes]) -> str:
    """Drafts and publishes to 昆明 with everything below; the bulletin's address."""
    author.get(NEW)
    fields = {
        "title": title,
        "body": "各县（市、区）局：请于本月二十日前报送。",
        "receivers": "subtree:530100",
        "intent": "publish",
    }
    drafted = author.post(NEW, fields, files)
    found = _EDIT.search(drafted.location)
    assert found is not None, drafted.words
    author.get(drafted.location)
    published = author.post(f"{found[0]}/publish")
    assert published.status == 303, published.words
    return found[0]


def withdraw(author: Client, address: str, reason: str) -> None:
    """Withdraws a published bulletin."""
    author.get(f"{address}/withdraw")
    answer = author.post(f"{address}/withdraw", {"reason": reason})
    assert answer.status == 303, answer.words


def attached(reader: Client, address: str) -> list[bytes]:
    """The contents of the files on a bulletin's page."""
    contents = []
    for link in dict.fromkeys(_FILE.findall(reader.get(address).text)):
        answer = reader.get(link)
        assert answer.status == 200, answer.words
        contents.append(answer.body)
    return contents
