"""Who gets in with a token, where, for what, how often; and who does not."""

import datetime as dt
import itertools
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from openbureau_devices.models import Device

from openbureau import Unit
from openbureau.base.database import reading, writing
from openbureau.kernel.access.actors import Actor
from openbureau.kernel.access.contexts import moment_of
from openbureau.kernel.access.explanation import Question, explained
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.enablement.actions import bump_epoch
from openbureau.kernel.tokens.actions import (
    TokenRefused,
    Wanted,
    create_token,
    forget_old_answers,
    revoke_token,
)
from openbureau.kernel.tokens.allowance import Allowances, set_aside
from openbureau.kernel.tokens.models import ApiAnswer, ApiToken
from openbureau.testing.bureau import Bureau

from .programs import DEVICE, DEVICES, SCOPES, Program, given_token, told

Tokens = Callable[..., Program]
API_URLS = (
    ("GET", "/api/v1/"),
    ("GET", "/api/v1/openapi.json"),
    ("GET", DEVICES),
    ("POST", DEVICES),
    ("GET", f"{DEVICES}/1"),
    ("PATCH", f"{DEVICES}/1"),
    ("POST", f"{DEVICES}/1/void"),
    ("GET", "/api/v1/nowhere"),
    ("DELETE", DEVICES),
    ("OPTIONS", DEVICES),
)


def test_every_route_is_walked(devices: Bureau) -> None:
    routes = [r for r in devices.application.routes.all if r.page.zone == "api"]
    known = {(r.page.methods[0], r.url.replace("{id:int}", "1")) for r in routes}
    assert known <= set(API_URLS)


def test_nothing_is_told_without_a_token(devices: Bureau) -> None:
    signed_in = devices.sign_in("zhang")
    shown: tuple[dict[str, str], ...] = (
        {},
        {"authorization": "Bearer ob_wrong"},
        {"authorization": "Basic eDp5"},
    )
    for (method, url), given in itertools.product(API_URLS, shown):
        body = json.dumps(DEVICE).encode() if method in {"POST", "PATCH"} else b""
        headers = {"content-type": "application/json", **given}
        for client in (devices.client(), signed_in):
            refused = client.send(method, url, body, dict(headers))
            assert (refused.status, told(refused)["status"]) == (401, 401), (method, url)
            assert refused.headers["www-authenticate"].startswith("Bearer")
            assert not refused.location
    with reading():
        assert Device.select().count() == 0


def test_public_process_has_no_api(devices: Bureau) -> None:
    from openbureau.shell.app import zone_routes

    public = zone_routes(devices.application.plugins, "public")
    assert not [route for route in public.all if route.page.zone == "api"]
    assert [r for r in devices.application.routes.all if r.page.zone == "api"]


def changed(devices: Bureau, **values: object) -> None:
    with writing():
        ApiToken.update(**values).execute()


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("UPDATE api_token SET ends_on = '2026-01-01'", "TOK-003"),
        ("UPDATE api_token SET revoked_at = 1", "TOK-002"),
        ("UPDATE account SET state = 'disabled' WHERE login = 'zhang'", "TOK-004"),
        ("UPDATE unit SET is_active = ? WHERE code = '530102'", "TOK-005"),
    ],
)
def test_token_ends_at_once(devices: Bureau, program: Program, sql: str, code: str) -> None:
    from openbureau.base.database import db

    assert program.get(DEVICES).status == 200
    with writing():
        db.execute_sql(sql.replace("?", db.param), [False] if "?" in sql else [])
    for _ in range(3):
        refused = program.get(DEVICES)
        assert (refused.status, told(refused)["code"]) == (401, code)
        assert 'error="invalid_token"' in refused.headers["www-authenticate"]
    denied = devices.rows(
        "SELECT detail FROM audit_record WHERE action = 'core.use_token' AND outcome = 'denied'"
    )
    assert [json.loads(row[0])["reason"] for row in denied] == [code]


def test_token_of_another_unit_sees_nothing_of_this_one(
    devices: Bureau, program: Program, token_for: Tokens
) -> None:
    url = program.add().headers["location"]
    devices.grant("sun", "devices.registrar", "530103", "unit")
    stranger = token_for("sun", "530103")
    assert told(stranger.get(DEVICES))["items"] == []
    for method, target, body in (
        ("GET", url, None),
        ("PATCH", url, {"user": "乙"}),
        ("POST", f"{url}/void", {"reason": "错"}),
    ):
        refused = stranger.ask(method, target, body, if_match='"1"')
        assert (refused.status, told(refused)["code"]) == (404, "CORE-404")
    own = stranger.add(code="other", unit="530102")
    assert (own.status, told(own)["errors"][0]["name"]) == (422, "unit")


def test_token_may_do_what_both_it_and_its_account_may(
    devices: Bureau, program: Program, token_for: Tokens
) -> None:
    reader = token_for("zhang", "530102", scopes=SCOPES[:1])
    refused = reader.add()
    assert (refused.status, told(refused)["code"]) == (403, "TOK-403")
    url = program.add().headers["location"]
    assert told(reader.get(url))["mobile"] == "138****5678"
    with writing():
        from openbureau.base.database import db

        db.execute_sql("UPDATE role_grant SET ended_at = 1")
        bump_epoch("access")
    assert program.add(code="2").status == 403
    assert told(program.get(url))["mobile"] == "138****5678"


def test_reach_is_the_unit_or_all_below(devices: Bureau, token_for: Tokens) -> None:
    devices.grant("wang", "devices.registrar", "530100")
    whole = token_for("wang", "530100", reach="subtree")
    alone = token_for("wang", "530100")
    for number, unit in enumerate(("530100", "530102", "530103")):
        assert whole.add(code=f"C{number}", unit=unit).status == 201
    assert told(whole.add(code="C9"))["unit"] == "530100"
    assert len(told(whole.get(DEVICES))["items"]) == 4
    assert len(told(alone.get(DEVICES))["items"]) == 2
    assert alone.add(code="C5", unit="530102").status == 422


def test_unit_without_the_plugin_has_no_api_of_it(devices: Bureau, program: Program) -> None:
    devices.enable("devices", "unit:530102", "off")
    refused = program.get(DEVICES)
    assert (refused.status, told(refused)["code"]) == (404, "PLUG-404")
    devices.enable("devices", "unit:530102", "readonly")
    assert program.get(DEVICES).status == 200
    refused = program.add()
    assert (refused.status, told(refused)["code"]) == (403, "PLUG-403")


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"login": "system"}, "account"),
    ({"login": "li"}, "scopes"),
    ({"login": "zhang", "unit": "530103"}, "scopes"),
    ({"login": "zhang", "unit": "530000-01"}, "unit"),
    ({"login": "zhang", "scopes": ()}, "scopes"),
    ({"login": "zhang", "scopes": ("core.manage_units",)}, "scopes"),
    ({"login": "zhang", "days": 367}, "ends_on"),
    ({"login": "zhang", "days": -1}, "ends_on"),
    ({"login": "zhang", "per_minute": 0}, "per_minute"),
    ({"login": "zhang", "reach": "province"}, "reach"),
]


def test_token_that_may_not_be_given(devices: Bureau) -> None:
    for changes, field in REFUSED:
        with pytest.raises(TokenRefused) as refused:
            given_token(devices, **{"unit": "530102", **changes})
        assert refused.value.field == field, changes
    with reading():
        assert ApiToken.select().count() == 0


def test_only_the_digest_is_kept_and_deeds_are_recorded(devices: Bureau, program: Program) -> None:
    assert program.token.startswith("ob_")
    assert len(program.token) == 46
    for _ in range(2):
        program.get(DEVICES)
    program.address = "10.1.1.2"
    program.get(DEVICES)
    with writing():
        token = ApiToken.get()
        admin = Account.get(Account.login == "security")
        revoke_token(Actor(devices.now, admin.id), token, "不再使用")
    dump = devices.rows("SELECT * FROM api_token") + devices.rows("SELECT * FROM audit_record")
    assert program.token not in repr(dump)
    acts = devices.rows(
        "SELECT action, address FROM audit_record WHERE realm = 'core/token' ORDER BY id"
    )
    assert acts == [
        ("core.create_token", ""),
        ("core.use_token", "10.1.1.1"),
        ("core.use_token", "10.1.1.2"),
        ("core.revoke_token", ""),
    ]


def test_limit_holds_for_all_processes_and_names_the_wait(
    devices: Bureau, token_for: Tokens
) -> None:
    slow = token_for("zhang", "530102", per_minute=20)
    now = dt.datetime(2026, 11, 23, 8, 0, 10, tzinfo=dt.UTC)
    token_id = devices.rows("SELECT id FROM api_token")[0][0]
    processes = [Allowances(), Allowances(), Allowances()]
    passed = [p.take(token_id, 20, now).is_allowed for _ in range(20) for p in processes]
    assert sum(passed) == 20
    later = processes[0].take(token_id, 20, now + dt.timedelta(seconds=50))
    assert (later.is_allowed, later.remaining, later.seconds) == (True, 19, 60)
    changed(devices, minute=0, taken=0)
    answers = [slow.get(DEVICES) for _ in range(21)]
    refused = [answer for answer in answers if answer.status == 429]
    # The minute may have turned meanwhile.
    if refused:
        assert 0 < int(refused[0].headers["retry-after"]) <= 60
        assert "r=0" in refused[0].headers["ratelimit"]
    assert answers[0].headers["ratelimit-policy"] == '"minute";q=20;w=60'


def test_limit_is_never_exceeded_by_parallel_processes(devices: Bureau, program: Program) -> None:
    token_id = devices.rows("SELECT id FROM api_token")[0][0]
    changed(devices, minute=0, taken=0)

    def taken(_: int) -> int:
        with reading():
            return set_aside(token_id, 100, 50, devices.now)[0]

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(taken, range(40))) == 50


def test_request_sent_again_under_its_key_acts_once(devices: Bureau, program: Program) -> None:
    first, again = (program.ask("POST", DEVICES, DEVICE, idempotency_key="k1") for _ in range(2))
    assert (first.status, again.status) == (201, 201)
    assert told(first) == told(again)
    assert first.headers["location"] == again.headers["location"]
    assert first.headers["etag"] == again.headers["etag"]
    assert again.headers["idempotency-replayed"] == "true"
    other = program.ask("POST", DEVICES, {**DEVICE, "code": "2"}, idempotency_key="k1")
    assert (other.status, told(other)["code"]) == (422, "API-003")
    refused = program.ask("POST", DEVICES, {**DEVICE, "name": ""}, idempotency_key="k2")
    assert refused.status == 422
    mended = program.ask("POST", DEVICES, {**DEVICE, "code": "3"}, idempotency_key="k2")
    assert mended.status == 201
    for key in ("钥".encode().decode("latin-1"), " ", "x" * 101):
        assert program.ask("POST", DEVICES, DEVICE, idempotency_key=key).status == 400
    with writing():
        assert forget_old_answers(devices.now + dt.timedelta(days=3)) == 2
        assert ApiAnswer.select().count() == 0


def test_keys_of_different_tokens_are_different(
    devices: Bureau, program: Program, token_for: Tokens
) -> None:
    other = token_for("zhang", "530102")
    for number, each in enumerate((program, other)):
        made = each.ask("POST", DEVICES, {**DEVICE, "code": f"{number}"}, idempotency_key="k")
        assert made.status == 201


def test_hundred_at_one_moment_with_one_key_make_one_record(
    devices: Bureau, program: Program
) -> None:
    def added(_: int) -> tuple[int, int]:
        answer = program.ask("POST", DEVICES, DEVICE, idempotency_key="one")
        return answer.status, told(answer).get("id", 0)

    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(added, range(100)))
    assert len(found) == 1
    assert next(iter(found))[0] == 201
    with reading():
        assert Device.select().count() == 1


def test_of_two_changes_in_one_moment_one_is_outdated(devices: Bureau, program: Program) -> None:
    url = program.add().headers["location"]

    def saved(user: str) -> int:
        return program.ask("PATCH", url, {"user": user}, if_match='"1"').status

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(saved, ("乙", "丙"))) == [200, 412]
    assert told(program.get(url))["version"] == 2


def test_nobody_gives_a_token_to_themselves(devices: Bureau) -> None:
    with reading():
        zhang, unit = Account.get(Account.login == "zhang"), Unit.get(Unit.code == "530102")
        at = moment_of(devices.now)
    actor = Actor(devices.now, zhang.id)
    wanted = Wanted("自己", zhang, unit, "unit", SCOPES, actor.today)
    with pytest.raises(TokenRefused) as refused, writing():
        create_token(actor, wanted, at, SCOPES)
    assert refused.value.field == "account"


def test_why_tells_of_the_tokens_of_a_person(devices: Bureau) -> None:
    others: dict[str, dict[str, Any]] = {"只读": {"scopes": SCOPES[:1]}, "用完": {"per_minute": 1}}
    for name in ("全部", "只读", "用完", "到期", "撤销", "别处"):
        given_token(devices, "zhang", "530102", name=name, **others.get(name, {}))
    at = devices.now
    with writing():
        used_up = {"minute": int(at.timestamp()) // 60, "taken": 1}
        ApiToken.update(used_up).where(ApiToken.name == "用完").execute()
        ApiToken.update(ends_on="2020-01-01").where(ApiToken.name == "到期").execute()
        there = Unit.get(Unit.code == "530103")
        ApiToken.update(unit=there).where(ApiToken.name == "别处").execute()
        ApiToken.update(revoked_at=at).where(ApiToken.name == "撤销").execute()
    assert said_of_tokens(devices, "zhou", at) == []
    assert said_of_tokens(devices, "zhang", at, "core.manage_units") == []
    found = said_of_tokens(devices, "zhang", at)
    assert found[-1].startswith("令牌「全部」也可以：在五华区局，到 ")
    assert found[-1].endswith(" 为止，每分钟最多 6000 次。")
    assert found[:-1] == [
        "令牌「别处」不可以：账号现在在令牌所及的单位没有这项权限。",
        "令牌「撤销」不可以：这个令牌已经撤销。",
        "令牌「到期」不可以：这个令牌已经到期。",
        "令牌「用完」不可以：这一分钟的 1 次请求已经用完，下一分钟恢复。",
        "令牌「只读」不可以：发放时没有选这项权限。",
    ]
    words = devices.sign_in("zhang").get("/-/why?permission=devices.write_device").words
    assert found[-1] in words
    assert "接口令牌" in words
    devices.enable("devices", state="off")
    assert found[-1] not in said_of_tokens(devices, "zhang", at)
    assert "令牌所在的单位没有启用这个业务模块" in said_of_tokens(devices, "zhang", at)[-1]


def said_of_tokens(
    bureau: Bureau, login: str, at: dt.datetime, permission: str = "devices.write_device"
) -> list[str]:
    catalogue = bureau.application.catalogues["zh"]
    with reading():
        asked = Question(permission, permission.partition(".")[0])
        account = Account.get(Account.login == login)
        found = explained(account, asked, bureau.installation.plugins, catalogue, at)
    return [each.words.said(catalogue) for each in found.lines if each.kind == "token"]
