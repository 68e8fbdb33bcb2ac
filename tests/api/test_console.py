"""The screen of tokens: giving, seeing once, listing, revoking; only where one administers."""

import re

import pytest

from openbureau.testing.bureau import Bureau
from openbureau.testing.client import Client

from .programs import DEVICES, SCOPES, Program

LIST, NEW = "/-/console/tokens", "/-/console/tokens/new"


@pytest.fixture
def security(devices: Bureau) -> Client:
    return devices.sign_in("security")


def uid_of(devices: Bureau, login: str) -> str:
    return str(devices.rows("SELECT uid FROM account WHERE login = ?", (login,))[0][0])


def form(devices: Bureau, **changes: object) -> dict[str, object]:
    return {
        "name": "设备年检系统",
        "account": f"person:{uid_of(devices, 'zhang')}",
        "unit": "unit:530102",
        "reach": "unit",
        "scopes": SCOPES[:2],
        "ends_on": "2027-01-31",
        "per_minute": "60",
        **changes,
    }


def test_token_is_given_shown_once_listed_used_and_revoked(
    devices: Bureau, security: Client
) -> None:
    assert "没有令牌" in security.get(LIST).words
    assert "登记设备" in security.get(NEW).words
    sent = dict(security.hidden)
    given = security.post(NEW, form(devices))  # type: ignore[arg-type]
    assert given.status == 200, given.words
    [text] = re.findall(r"<code>(ob_[\w-]{43})</code>", given.text)
    security.hidden = sent
    again = security.post(NEW, form(devices))  # type: ignore[arg-type]
    assert (again.status, again.location) == (303, LIST)
    assert len(devices.rows("SELECT 1 FROM api_token")) == 1
    program = Program(devices, text)
    assert program.add().status == 201
    shown = security.get(LIST)
    assert text not in shown.text
    for words in ("设备年检系统", "张晓梅", "五华区局", "登记设备", "在用", text[:8]):
        assert words in shown.words
    [url] = set(re.findall(r"/-/console/tokens/\w{32}/revoke", shown.text))
    assert "不能再读写" in security.get(url).words
    assert security.post(url, {"reason": ""}).status == 422
    security.get(url)
    assert security.post(url, {"reason": "系统下线"}).status == 303
    assert program.get(DEVICES).status == 401
    over = security.get(f"{LIST}?state=over").words
    assert "已经撤销" in over
    assert "系统下线" in over


REFUSED: list[tuple[dict[str, object], str]] = [
    ({"scopes": SCOPES, "unit": "unit:530103"}, "令牌不能多于账号本身"),
    ({"scopes": ()}, "请至少选择一项台账的权限"),
    ({"ends_on": "2028-06-01"}, "一年之内"),
    ({"per_minute": "0"}, "1 到 6000"),
    ({"account": "person:nobody"}, "不存在或不在您的可选范围内"),
    ({"name": ""}, "这一项必须填写"),
]


def test_refused_form_comes_back_filled(devices: Bureau, security: Client) -> None:
    for changes, words in REFUSED:
        security.get(NEW)
        refused = security.post(NEW, form(devices, **changes))  # type: ignore[arg-type]
        assert (refused.status, words in refused.words) == (422, True), refused.words
        if "name" not in changes:
            assert "设备年检系统" in refused.text
    assert devices.rows("SELECT 1 FROM api_token") == []


def test_delegated_administrator_gives_tokens_in_their_part_only(
    devices: Bureau, security: Client, program: Program
) -> None:
    devices.rows("SELECT 1")
    from openbureau.base.database import db, writing
    from openbureau.kernel.enablement.actions import bump_epoch

    with writing():
        db.execute_sql(
            "UPDATE account SET administrator_unit_id = "
            "(SELECT id FROM unit WHERE code = '530400') WHERE login = 'security'"
        )
        bump_epoch("access")
    assert "没有令牌" in security.get(LIST).words
    uid = devices.rows("SELECT uid FROM api_token")[0][0]
    assert security.get(f"{LIST}/{uid}/revoke").status == 404
    security.get(NEW)
    assert security.post(NEW, form(devices)).status == 422  # type: ignore[arg-type]
    assert program.get(DEVICES).status == 200


def test_others_have_no_such_screen(devices: Bureau) -> None:
    for login in ("zhang", "system", "audit"):
        assert devices.sign_in(login).get(LIST).status == 403


def test_trail_says_through_which_token(devices: Bureau, program: Program) -> None:
    program.add()
    words = devices.sign_in("audit").get("/-/console/audit").words
    assert "张晓梅（通过令牌「设备对接」）" in words
    assert "发放接口令牌" in words
