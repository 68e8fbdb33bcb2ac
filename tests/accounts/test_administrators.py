"""Administrators appoint and look after their own kind; nobody themselves, nobody two."""

import re

import pyotp
import pytest

from openbureau.base.database import writing
from openbureau.base.sealing import sealed
from openbureau.kernel.accounts.models import Account, SecondFactor
from openbureau.kernel.enablement.actions import bump_epoch
from openbureau.kernel.units.models import Unit
from openbureau.testing.bureau import PASSWORD, Answer, Bureau, Client

URL = "/-/console/administrators"


def appoint(client: Client, login: str, unit: str) -> Answer:
    """Sends the form and confirms what the next page says."""
    client.get(URL)
    asked = client.post(URL, {"login": login, "unit": unit})
    if asked.status != 200:
        return asked
    hidden = dict(re.findall(r'name="(login|unit|roles)" value="([^"]*)"', asked.text))
    return client.post(URL, hidden)


def uid(bureau: Bureau, login: str) -> str:
    return str(bureau.rows("SELECT uid FROM account WHERE login = ?", (login,))[0][0])


def kinds(bureau: Bureau) -> dict[str, tuple[str, str | None]]:
    rows = bureau.rows(
        "SELECT a.login, a.administrator, u.code FROM account a "
        "LEFT JOIN unit u ON u.id = a.administrator_unit_id WHERE a.administrator IS NOT NULL"
    )
    return {login: (kind, unit) for login, kind, unit in rows}


def second_of(bureau: Bureau, login: str) -> None:
    """Makes a second administrator, or gives one of the cast a second factor."""
    with writing():
        SecondFactor.create(
            account=Account.get(Account.login == login),
            secret=sealed(bureau.installation.settings.data, pyotp.random_base32()),
            created_at=bureau.now,
            confirmed_at=bureau.now,
        )


def make(login: str, kind: str, unit: str | None = None) -> None:
    with writing():
        bound = Unit.get(Unit.code == unit) if unit else None
        Account.update(administrator=kind, administrator_unit=bound).where(
            Account.login == login
        ).execute()
        bump_epoch("access")


@pytest.mark.parametrize("kind", ["system", "security", "audit"])
def test_each_kind_appoints_its_own_for_a_part(bureau: Bureau, kind: str) -> None:
    victim = bureau.sign_in("zhang")
    client = bureau.sign_in(kind)
    assert appoint(client, "zhang", "530102").status == 303
    assert kinds(bureau)["zhang"] == (kind, "530102")
    assert victim.get("/").status == 303
    assert "管理员身份有变动" in victim.get("/-/sign-in").text


def test_staff_have_no_such_page(bureau: Bureau) -> None:
    client = bureau.sign_in("li")
    assert client.get(URL).status == 403
    assert client.post(URL, {"login": "zhang", "unit": "530102"}).status == 403
    assert client.post(f"{URL}/{uid(bureau, 'system')}/dismiss").status == 403
    assert client.post(f"{URL}/{uid(bureau, 'system')}/reset/password").status == 403


@pytest.mark.parametrize("login", ["system", "security", "audit", "nobody", "", "*", "x" * 101])
def test_nobody_is_appointed_twice_or_appoints_themselves(bureau: Bureau, login: str) -> None:
    before = kinds(bureau)
    assert appoint(bureau.sign_in("system"), login, "530102").status == 422
    assert kinds(bureau) == before


def test_delegated_one_appoints_within_the_own_part_only(bureau: Bureau) -> None:
    make("wang", "system", "530100")
    client = bureau.sign_in("wang")
    assert appoint(client, "zhang", "530400").status == 422
    assert appoint(client, "zhao", "530102").status == 422
    assert appoint(client, "wang", "530102").status == 422
    assert appoint(client, "zhang", "530102").status == 303
    assert kinds(bureau)["zhang"] == ("system", "530102")


def test_delegated_one_is_dismissed_and_an_undelegated_one_is_not(bureau: Bureau) -> None:
    make("zhang", "system", "530102")
    make("li", "system")
    client = bureau.sign_in("system")
    client.get(URL)
    for login, status in (("li", 403), ("system", 403), ("security", 404), ("sun", 404)):
        assert client.post(f"{URL}/{uid(bureau, login)}/dismiss").status == status, login
    assert client.post(f"{URL}/{uid(bureau, 'zhang')}/dismiss").status == 303
    assert "zhang" not in kinds(bureau)


def test_delegated_one_dismisses_nobody_above(bureau: Bureau) -> None:
    make("wang", "system", "530100")
    make("zhang", "system", "530102")
    client = bureau.sign_in("zhang")
    client.get(URL)
    assert client.post(f"{URL}/{uid(bureau, 'wang')}/dismiss").status == 404


def test_password_and_second_factor_are_reset_by_another_of_the_kind(bureau: Bureau) -> None:
    make("li", "security")
    second_of(bureau, "li")
    client = bureau.sign_in("security")
    url = f"{URL}/{uid(bureau, 'li')}/reset"
    assert client.get(f"{url}/second-factor").status == 200
    assert client.post(f"{url}/second-factor", {"reason": ""}).status == 422
    assert client.post(f"{url}/second-factor", {"reason": "手机丢失"}).status == 303
    assert bureau.rows("SELECT count(*) FROM second_factor") == [(0,)]
    slip = client.post(f"{url}/password")
    password = re.findall(r'slip-password">([^<]+)<', slip.text)[0]
    guest = bureau.client()
    guest.get("/-/sign-in")
    answer = guest.post("/-/sign-in", {"login": "li", "password": password})
    assert answer.location.startswith("/-/password")


@pytest.mark.parametrize(
    ("actor", "target", "status"),
    [
        ("system", "security", 404),
        ("security", "system", 404),
        ("audit", "security", 404),
        ("security", "security", 404),
        ("security", "zhang", 404),
    ],
)
@pytest.mark.parametrize("name", ["password", "second-factor"])
def test_nobody_else_is_reset(
    bureau: Bureau, actor: str, target: str, status: int, name: str
) -> None:
    client = bureau.sign_in(actor)
    client.get(URL)
    url = f"{URL}/{uid(bureau, target)}/reset/{name}"
    assert client.get(url).status == status
    assert client.post(url, {"reason": "x"}).status == status
    assert bureau.sign_in(target).get("/").status == 200


def test_delegated_one_resets_no_administrator(bureau: Bureau) -> None:
    make("wang", "system", "530100")
    make("zhang", "system", "530102")
    client = bureau.sign_in("wang")
    client.get(URL)
    assert client.post(f"{URL}/{uid(bureau, 'zhang')}/reset/password").status == 403
    assert bureau.client().sign_in("zhang", PASSWORD).status == 200


def test_delegated_one_sees_nobody_above_or_beside(bureau: Bureau) -> None:
    make("wang", "system", "530100")
    make("zhang", "system", "530102")
    make("zhao", "system", "530400")
    client = bureau.sign_in("wang")
    shown = client.get(URL).text
    assert {name for name in ("system", "zhao") if f"{URL}/{uid(bureau, name)}/" in shown} == set()
    assert "系统管理员二" not in shown
    assert bureau.rows("SELECT name FROM account WHERE login = 'zhao'")[0][0] not in shown
    assert f"{URL}/{uid(bureau, 'zhang')}/dismiss" in shown
    for login in ("system", "zhao", "security", "li"):
        for act in ("dismiss", "reset/password", "reset/second-factor"):
            url = f"{URL}/{uid(bureau, login)}/{act}"
            assert client.get(url).status == 404, url
            assert client.post(url, {"reason": "x"}).status == 404, url
    assert client.get(f"{URL}/{uid(bureau, 'zhang')}/dismiss").status == 200


def test_delegated_one_learns_no_logins_of_administrators(bureau: Bureau) -> None:
    make("wang", "system", "530100")
    client = bureau.sign_in("wang")
    for login in ("system", "audit", "nobody"):
        answer = appoint(client, login, "530102")
        assert (answer.status, f"没有账号 {login}" in answer.words) == (422, True), login


def test_roles_end_with_the_appointment_and_the_page_says_so_before(bureau: Bureau) -> None:
    bureau.grant("zhang", "bulletins.publisher", "530102")
    client = bureau.sign_in("system")
    client.get(URL)
    asked = client.post(URL, {"login": "zhang", "unit": "530102"})
    assert "将收回 1 项角色" in asked.words
    assert "zhang" not in kinds(bureau)
    fields = {"login": "zhang", "unit": "530102", "roles": "0"}
    assert "将收回 1 项角色" in client.post(URL, fields).words
    live = "SELECT count(*) FROM role_grant WHERE ended_at IS NULL"
    before = bureau.rows(live)[0][0]
    assert client.post(URL, {**fields, "roles": "1"}).status == 303
    assert bureau.rows(live)[0][0] == before - 1
    ended = bureau.rows("SELECT detail FROM audit_record WHERE action = 'core.end_grant'")
    assert len(ended) == 1
    assert "bulletins.publisher" in ended[0][0]
