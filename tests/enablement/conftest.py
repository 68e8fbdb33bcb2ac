"""A bureau with one published bulletin, and questions about a plugin's state."""

import re
from collections.abc import Callable

import pytest

from openbureau.base.database import reading
from openbureau.kernel.enablement.models import Epoch
from openbureau.kernel.enablement.queries import enablement
from openbureau.kernel.units.queries import unit_tree
from openbureau.testing.bureau import Bureau, Client

PLUGIN = "bulletins"
TITLE = "关于开展电梯安全检查的通知"


def state(bureau: Bureau, code: str) -> str:
    """The plugin's state in a unit."""
    with reading():
        epoch = Epoch.get()
        tree = unit_tree(epoch.units)
        states = enablement(epoch.plugins, epoch.units, (PLUGIN,))
    return states.state(PLUGIN, tree.by_code[code].id)


def opens(client: Client) -> bool:
    """Whether the plugin's first page opens."""
    return client.get("/bulletins/").status == 200


@pytest.fixture
def published(bureau: Bureau) -> tuple[Bureau, str]:
    """Bulletins on everywhere, and one with a file published to 昆明; the file's address."""
    return bureau, publish_one(bureau)


@pytest.fixture
def publisher() -> Callable[[Bureau], str]:
    return publish_one


def publish_one(bureau: Bureau) -> str:
    bureau.enable(PLUGIN)
    bureau.grant("li", "bulletins.publisher", "530000")
    client = bureau.sign_in("li")
    client.get("/bulletins/bulletin/new")
    fields = {"title": TITLE, "body": "正文", "receivers": "subtree:530100", "intent": "publish"}
    files = (("files", "方案.pdf", b"%PDF-1.7\n"),)
    confirmation = client.post("/bulletins/bulletin/new", fields, files).location
    client.get(confirmation)
    page = client.follow(client.post(confirmation))
    bureau.run_jobs()
    found = re.search(r"/-/files/\w+", page.text)
    assert found is not None
    return found[0]
