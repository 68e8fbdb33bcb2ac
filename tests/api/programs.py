"""A program that speaks to the API: a token and JSON."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openbureau import Unit
from openbureau.base.database import writing
from openbureau.kernel.access.actors import Actor
from openbureau.kernel.access.contexts import moment_of
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.tokens.actions import Wanted, create_token
from openbureau.testing.bureau import Bureau
from openbureau.testing.client import Answer

SCOPES = ("devices.list_device", "devices.write_device", "devices.see_personal")
DEVICES = "/api/v1/devices/device"
DEVICE: Mapping[str, Any] = {
    "code": "3110-01",
    "name": "蒸汽锅炉",
    "kind": "boiler",
    "user": "昆明食品厂",
    "state": "used",
    "keeper": "李四光",
    "mobile": "13812345678",
    "due_on": "2026-12-15",
    "capacity": "12.50",
}


def given_token(
    bureau: Bureau,
    login: str,
    unit: str,
    *,
    scopes: Sequence[str] = SCOPES,
    reach: str = "unit",
    name: str = "设备对接",
    per_minute: int = 6000,
    days: int = 30,
) -> str:
    """A token as an administrator gives it."""
    with writing():
        admin = Account.get(Account.login == "security")
        actor = Actor(bureau.now, admin.id)
        wanted = Wanted(
            name,
            Account.get(Account.login == login),
            Unit.get(Unit.code == unit),
            reach,
            scopes,
            actor.today + dt.timedelta(days=days),
            per_minute,
        )
        return create_token(actor, wanted, moment_of(bureau.now), SCOPES)[1]


@dataclass
class Program:
    """Asks with one token; a body is sent as JSON unless it is bytes."""

    bureau: Bureau
    token: str
    address: str = "10.1.1.1"

    def ask(
        self,
        method: str,
        url: str,
        body: Any = None,
        **headers: str,
    ) -> Answer:
        """Sends a request; header names are written with underscores."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            given.setdefault("authorization", f"Bearer {self.token}")
        content = b""
        if body is not None:
            given.setdefault("content-type", "application/json")
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
        client = self.bureau.client()
        client._address = self.address
        return client.send(method, url, content, given)

    def get(self, url: str, **headers: str) -> Answer:
        """Reads."""
        return self.ask("GET", url, **headers)

    def add(self, body: Any = None, **changes: Any) -> Answer:
        """Adds a device."""
        return self.ask("POST", DEVICES, {**DEVICE, **changes} if body is None else body)


def told(answer: Answer) -> Any:
    """What came back as JSON; refusals are problem documents."""
    kind = answer.headers["content-type"]
    wanted = "application/problem+json" if answer.status >= 400 else "application/json"
    assert kind == wanted, (kind, answer.text)
    assert "set-cookie" not in answer.headers
    return json.loads(answer.body)
