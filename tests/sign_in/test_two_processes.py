"""What ends a session in one web process ends it in every other at the very next request."""

from collections.abc import Iterator

import pytest
from tests.enablement.test_switching import Process

from openbureau.kernel.accounts.models import Account, Session
from openbureau.testing.bureau import Bureau

PEOPLE, SESSIONS = "/-/console/people", "/-/console/sessions"


@pytest.fixture
def process(bureau: Bureau) -> Iterator[Process]:
    """A second web process on the bureau's data."""
    started = Process(bureau.installation.settings.data)
    yield started
    started.stop()


def test_an_ended_session_is_over_in_the_other_process(bureau: Bureau, process: Process) -> None:
    zhang, li = (bureau.sign_in(login).cookies["session"] for login in ("zhang", "li"))
    assert (process.status("/", zhang), process.status("/", li)) == (200, 200)
    session = Session.get(Session.account == Account.get(Account.login == "zhang"))
    security = bureau.sign_in("security")
    security.get(SESSIONS)
    assert security.post(f"{SESSIONS}/{session.id}/end").status == 303
    assert (process.status("/", zhang), process.status("/", li)) == (303, 200)


def test_a_disabled_person_is_out_of_the_other_process(bureau: Bureau, process: Process) -> None:
    token = bureau.sign_in("li").cookies["session"]
    assert process.status("/", token) == 200
    deed = f"{PEOPLE}/{Account.get(Account.login == 'li').uid}/do/disable"
    system = bureau.sign_in("system")
    system.get(deed)
    assert system.post(deed, {"reason": "调离"}).status == 303
    assert process.status("/", token) == 303
