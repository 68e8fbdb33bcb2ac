"""Signing in through the page with a password that a real Active Directory keeps."""

from typing import Any

import pytest

from openbureau.base.database import writing
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.directory.sources import Described, create_source
from openbureau.kernel.sync.actions import order_run, start_run
from openbureau.kernel.sync.carrying import carry_out
from openbureau.kernel.sync.runs import read_run
from openbureau.testing.bureau import Answer, Bureau, Client
from openbureau.testing.ldif import ldif
from openbureau.testing.samba import (
    KUNMING_DN,
    PASSWORD,
    DomainController,
    person_entry,
)

pytestmark = pytest.mark.samba
WRONG = "账号或密码不正确"
NEW_PASSWORD = "Another-Horse-8"


@pytest.fixture
def source(bureau: Bureau, domain_described: dict[str, Any]) -> DirectorySource:
    """The domain as a source that lets people change their password."""
    described = Described(**domain_described, may_change_password=True)
    with writing():
        return create_source(described, data=bureau.installation.settings.data, now=bureau.now)


def bring_in(bureau: Bureau, source: DirectorySource) -> None:
    """Synchronises the whole domain."""
    system = Account.get(Account.login == "system").id
    settings = bureau.installation.settings
    with writing():
        run = start_run(source, account_id=system, now=bureau.now, scope="full")
    planned = read_run(run, settings, bureau.now)
    with writing():
        order_run(planned, account_id=system, plan_hash=planned.plan_hash, now=bureau.now)
    assert carry_out(planned, settings, bureau.now).state == "applied"


def add(domain: DomainController, login: str) -> str:
    """A person of the test's own; their DN."""
    dn, entry = person_entry(login, f"登录{login}", KUNMING_DN)
    domain.modify(ldif([(dn, entry)]))
    return dn


def change(domain: DomainController, dn: str, name: str, value: str) -> None:
    domain.modify(f"dn: {dn}\nchangetype: modify\nreplace: {name}\n{name}: {value}\n")


def attempt(bureau: Bureau, login: str, password: str = PASSWORD) -> tuple[Client, Answer]:
    client = bureau.client()
    client.get("/-/sign-in")
    return client, client.post("/-/sign-in", {"login": login, "password": password})


def test_right_password_signs_in_and_a_wrong_one_reads_as_for_nobody(
    bureau: Bureau, source: DirectorySource
) -> None:
    bring_in(bureau, source)
    client, answer = attempt(bureau, "a3")
    assert (answer.status, client.get("/").status) == (303, 200)
    assert "员工3" in client.get("/").words
    known, unknown = (attempt(bureau, login, "wrong")[1] for login in ("a3", "nobody"))
    assert (known.status, unknown.status) == (422, 422)
    assert WRONG in known.words
    assert WRONG in unknown.words


def test_disabled_in_the_domain_is_told_for_the_right_password_only(
    bureau: Bureau, source: DirectorySource, domain: DomainController
) -> None:
    dn = add(domain, "offtoday")
    bring_in(bureau, source)
    change(domain, dn, "userAccountControl", "514")
    told = attempt(bureau, "offtoday")[1]
    assert (told.status, "您的账号已停用" in told.words, WRONG in told.words) == (422, True, False)
    wrong = attempt(bureau, "offtoday", "wrong")[1]
    assert ("您的账号已停用" in wrong.words, WRONG in wrong.words) == (False, True)


def test_who_must_change_does_so_here_and_the_new_one_signs_in(
    bureau: Bureau, source: DirectorySource, domain: DomainController
) -> None:
    domain.tool("domain", "passwordsettings", "set", "--min-pwd-age=0", "--history-length=0")
    dn = add(domain, "newhere")
    bring_in(bureau, source)
    change(domain, dn, "pwdLastSet", "0")
    client, answer = attempt(bureau, "newhere")
    assert answer.location == "/-/password?next=/"
    assert client.get("/").status == 303
    client.get("/-/password")
    wanted = {"new_password": NEW_PASSWORD, "repeated_password": NEW_PASSWORD}
    wrong = client.post("/-/password", {"former_password": "wrong", **wanted})
    assert wrong.status == 422
    assert client.post("/-/password", {"former_password": PASSWORD, **wanted}).status == 303
    assert client.get("/").status == 200
    assert attempt(bureau, "newhere", NEW_PASSWORD)[1].location == "/"
    assert WRONG in attempt(bureau, "newhere")[1].words
