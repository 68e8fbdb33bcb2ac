"""Three disjoint administrators: which pages each may open, here and in a part of the tree."""

import re

import pytest

from openbureau.base.database import writing
from openbureau.kernel.access.administration import POWERS
from openbureau.kernel.accounts.models import ADMINISTRATORS, Account
from openbureau.kernel.enablement.actions import bump_epoch
from openbureau.kernel.units.models import Unit
from openbureau.testing.bureau import Bureau

KIND_BY_POWER = {power.code: power.kind for power in POWERS}
LOCAL = {power.code for power in POWERS if power.is_local}


def plain_pages(bureau: Bureau) -> list[tuple[str, str]]:
    """Address and power of every console page that names no record."""
    return [
        (route.url, route.page.permission)
        for route in bureau.application.routes.all
        if route.page.permission in KIND_BY_POWER
        and "GET" in route.page.methods
        and "{" not in route.url
    ]


def bound(login: str, code: str) -> None:
    """Makes an administrator a delegated one, for this unit and all below it."""
    with writing():
        unit = Unit.get(Unit.code == code)
        Account.update(administrator_unit=unit).where(Account.login == login).execute()
        bump_epoch("access")


def test_every_power_belongs_to_one_kind() -> None:
    assert len({power.code for power in POWERS}) == len(POWERS)
    assert {power.kind for power in POWERS} == set(ADMINISTRATORS)


def test_every_power_opens_a_page(bureau: Bureau) -> None:
    used = {route.page.permission for route in bureau.application.routes.all}
    assert set(KIND_BY_POWER) <= used


@pytest.mark.parametrize("login", [*ADMINISTRATORS, "li"])
def test_console_pages_open_for_their_administrator_only(bureau: Bureau, login: str) -> None:
    client = bureau.sign_in(login)
    for url, power in plain_pages(bureau):
        expected = 200 if KIND_BY_POWER[power] == login else 403
        assert client.get(url).status == expected, (url, power)


@pytest.mark.parametrize("login", ADMINISTRATORS)
def test_a_delegated_administrator_holds_the_local_powers_alone(bureau: Bureau, login: str) -> None:
    bound(login, "530100")
    client = bureau.sign_in(login)
    for url, power in plain_pages(bureau):
        may_open = KIND_BY_POWER[power] == login and power in LOCAL
        assert client.get(url).status == (200 if may_open else 403), (url, power)


@pytest.mark.parametrize("login", ADMINISTRATORS)
def test_the_menu_leads_only_where_the_administrator_may_go(bureau: Bureau, login: str) -> None:
    client = bureau.sign_in(login)
    links = set(re.findall(r'href="(/-/console/[^"?]*)"', client.get("/").text))
    assert links
    for url in links:
        assert client.get(url).status == 200, url


@pytest.mark.parametrize("login", ADMINISTRATORS)
def test_administrators_do_no_business(bureau: Bureau, login: str) -> None:
    bureau.enable("bulletins")
    bureau.grant(login, "bulletins.publisher", "530000")
    assert bureau.sign_in(login).get("/bulletins/").status == 403


OUTSIDE = ("李志华", "赵建国", "孙玉兰", "红塔区", "玉溪")


@pytest.mark.parametrize("login", ADMINISTRATORS)
def test_outside_a_delegated_reach_there_is_nothing(bureau: Bureau, login: str) -> None:
    """People and units of elsewhere stand in no list, no choice and no count."""
    for name in ("li", "zhao", "sun", "zhang"):
        bureau.sign_in(name)
    bound(login, "530102")
    client = bureau.sign_in(login)
    for url, power in plain_pages(bureau):
        if KIND_BY_POWER[power] == login and power in LOCAL:
            main = client.get(url).text.partition("<main")[2]
            assert [word for word in OUTSIDE if word in main] == [], url
