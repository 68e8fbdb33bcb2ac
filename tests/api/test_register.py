"""A register for programs: list, read, add, change, declare void."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from openbureau_devices.models import Device

from openbureau.base.database import reading
from openbureau.testing.bureau import Bureau
from openbureau.testing.statements import statements

from .programs import DEVICE, DEVICES, Program, told

Tokens = Callable[..., Program]


def test_record_is_added_read_listed_changed_and_voided(devices: Bureau, program: Program) -> None:
    added = program.add()
    assert added.status == 201, added.text
    made = told(added)
    assert added.headers["location"] == f"{DEVICES}/{made['id']}"
    assert {name: made[name] for name in DEVICE} == DEVICE
    assert (made["unit"], made["version"], made["is_void"]) == ("530102", 1, False)
    one = program.get(added.headers["location"])
    assert (one.status, told(one), one.headers["etag"]) == (200, made, '"1"')
    assert told(program.get(DEVICES)) == {"items": [made], "next": None}
    changed = program.ask(
        "PATCH", one.url, {"user": "昆明新食品厂", "made_on": None}, if_match='"1"'
    )
    assert (changed.status, changed.headers["etag"]) == (200, '"2"')
    assert told(changed) == {**made, "user": "昆明新食品厂", "version": 2}
    voided = program.ask("POST", f"{one.url}/void", {"reason": "重复"}, if_match='"2"')
    assert (voided.status, told(voided)["is_void"]) == (200, True)
    assert told(program.get(DEVICES)) == {"items": [], "next": None}
    assert len(told(program.get(f"{DEVICES}?voided=true"))["items"]) == 1
    again = program.ask("PATCH", one.url, {"user": "丙"}, if_match='"3"')
    assert (again.status, told(again)["title"]) == (409, "这条记录已经作废，不能再改。")
    assert "没有任何内容被改动" in told(again)["detail"]
    acts = devices.rows(
        "SELECT action, detail FROM audit_record WHERE realm = 'devices/device' ORDER BY id"
    )
    assert [action for action, _ in acts] == [
        "devices.created_device",
        "devices.view_device",
        "devices.view_device",
        "devices.changed_device",
        "devices.view_device",
        "devices.voided_device",
        "devices.view_device",
        "devices.view_device",
    ]
    assert {json.loads(detail)["via_token"] for _, detail in acts} == {"设备对接"}


def test_unchanged_record_is_not_sent_again(program: Program) -> None:
    url = program.add().headers["location"]
    same = program.get(url, if_none_match='"1"')
    assert (same.status, same.body) == (304, b"")


UNFIT: list[tuple[dict[str, Any], str]] = [
    ({"kind": "rocket"}, "kind"),
    ({"kind": "锅炉"}, "kind"),
    ({"name": ""}, "name"),
    ({"name": None}, "name"),
    ({"name": 7}, "name"),
    ({"code": "1" * 21}, "code"),
    ({"due_on": "20261215"}, "due_on"),
    ({"due_on": "2026-02-30"}, "due_on"),
    ({"capacity": 12.5}, "capacity"),
    ({"capacity": "12.505"}, "capacity"),
    ({"capacity": "1e3"}, "capacity"),
    ({"unit": "530103"}, "unit"),
    ({"unit": "nowhere"}, "unit"),
    ({"unit": "530000-01"}, "unit"),
    ({"state": ""}, "state"),
    ({"colour": "red"}, "colour"),
    ({"version": 1}, "version"),
    ({"remark": ["a"]}, "remark"),
    ({"remark": {"a": {}}}, "remark"),
    ({"keeper": "李**"}, "keeper"),
    ({"made_on": "2020-02-02", "inspected_on": "2019-01-01"}, "inspected_on"),
]


def test_what_cannot_be_kept_is_named(program: Program) -> None:
    for change, name in UNFIT:
        refused = program.add({**DEVICE, **change})
        problem = told(refused)
        assert (refused.status, problem["code"]) == (422, "CORE-422"), change
        assert [error["name"] for error in problem["errors"]] == [name], change
        assert problem["errors"][0]["message"]
    with reading():
        assert Device.select().count() == 0


BROKEN = [
    b"",
    b"{",
    b'{"code": "1", "code": "2"}',
    b'{"capacity": NaN}',
    b'{"capacity": -Infinity}',
    b'{"capacity": 1e999}',
    b'{"capacity": ' + b"9" * 5000 + b"}",
    b"[" * 100_000,
    b'{"a":' * 9 + b"1" + b"}" * 9,
    b'{"name": "\\ud800"}',
    b'{"name": "\\u0000"}',
    b'{"\\ud800": 1}',
    '{"name": "锅炉"}'.encode("gb18030"),
    b"\xef\xbb\xbf{}",
]


def test_broken_json_is_refused(program: Program) -> None:
    for body in BROKEN:
        refused = program.add(body)
        assert (refused.status, told(refused)["code"]) == (400, "API-001"), body[:40]


def test_other_documents_media_and_sizes_are_refused(program: Program) -> None:
    assert told(program.add([1]))["code"] == "API-005"
    for kind in ("text/plain", "application/json; charset=gb18030", "multipart/form-data", ""):
        refused = program.ask("POST", DEVICES, {**DEVICE}, content_type=kind)
        assert (refused.status, told(refused)["code"]) == (415, "CORE-415")
    packed = program.ask("POST", DEVICES, {**DEVICE}, content_encoding="gzip")
    assert packed.status == 415
    assert program.ask("POST", DEVICES, b" " * (1024 * 1024 + 1)).status == 413
    assert program.get(DEVICES, accept="text/html").status == 406
    assert program.get(DEVICES, accept="application/json;q=0").status == 406
    assert program.get(DEVICES, accept="text/html, application/*;q=0.1").status == 200


def test_methods_that_are_not_taken_are_named(program: Program) -> None:
    refused = program.ask("DELETE", DEVICES)
    assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD, POST")
    assert "Allow" in told(refused)["detail"]
    assert program.ask("PUT", f"{DEVICES}/1", {}).headers["allow"] == "GET, HEAD, PATCH"
    assert told(program.get("/api/v1/nowhere"))["code"] == "CORE-404"
    assert program.get("/api/v2/").status == 404


def test_change_names_the_version_it_is_of(program: Program) -> None:
    url = program.add().headers["location"]
    change = {"user": "乙"}
    assert told(program.ask("PATCH", url, change))["code"] == "CORE-428"
    assert program.ask("POST", f"{url}/void", {"reason": "错"}).status == 428
    for tag in ('"9"', "rubbish", 'W/"0"'):
        refused = program.ask("PATCH", url, change, if_match=tag)
        assert (refused.status, told(refused)["code"]) == (412, "CORE-412")
    assert program.ask("PATCH", url, change, if_match="*").status == 200
    first = program.ask("PATCH", url, {"user": "丙"}, if_match='"2"')
    second = program.ask("PATCH", url, {"user": "丁"}, if_match='"2"')
    assert (first.status, second.status) == (200, 412)


def test_same_key_of_a_record_is_refused(program: Program) -> None:
    assert program.add().status == 201
    twin = program.add(name="另一台")
    assert (twin.status, told(twin)["errors"][0]["name"]) == (422, "code")


def test_masked_values_written_back_change_nothing(
    devices: Bureau, program: Program, token_for: Tokens
) -> None:
    url = program.add().headers["location"]
    blind = token_for("zhang", "530102", scopes=("devices.list_device", "devices.write_device"))
    seen = told(blind.get(url))
    assert (seen["keeper"], seen["mobile"]) == ("李**", "138****5678")
    tag = blind.get(url).headers["etag"]
    back = {"keeper": seen["keeper"], "mobile": seen["mobile"], "place": "人民路 1 号"}
    assert blind.ask("PATCH", url, back, if_match=tag).status == 200
    assert told(program.get(url))["mobile"] == "13812345678"
    tag = blind.get(url).headers["etag"]
    other = blind.ask("PATCH", url, {"mobile": "139****0000"}, if_match=tag)
    assert (other.status, told(other)["errors"][0]["name"]) == (422, "mobile")
    acts = devices.rows("SELECT 1 FROM audit_record WHERE action = 'devices.view_device'")
    assert len(acts) == 1


def test_list_is_filtered_sorted_cut_and_counted(program: Program) -> None:
    for number in range(7):
        due = f"2026-0{number + 1}-15" if number else None
        kind = "lift" if number % 2 else "boiler"
        assert program.add(code=f"C{number}", due_on=due, kind=kind).status == 201
    assert told(program.get(f"{DEVICES}?count=true&limit=1"))["total"] == 7
    lifts = told(program.get(f"{DEVICES}?kind=lift&fields=code"))["items"]
    assert [item["code"] for item in lifts] == ["C5", "C3", "C1"]
    assert set(lifts[0]) == {"id", "uid", "version", "is_void", "unit", "code"}
    public = told(program.get(f"{DEVICES}?fields=public,maker"))["items"][0]
    assert {"name", "place", "maker"} <= set(public)
    assert not {"mobile", "keeper", "serial"} & set(public)
    span = told(program.get(f"{DEVICES}?due_on=2026-03-01..2026-04-30"))["items"]
    assert {item["code"] for item in span} == {"C2", "C3"}
    rows = "field=capacity&op=from&value=12&field=code&op=is&value=C4"
    assert [i["code"] for i in told(program.get(f"{DEVICES}?{rows}"))["items"]] == ["C4"]
    assert len(told(program.get(f"{DEVICES}?q=食品厂&unit=530102"))["items"]) == 7
    assert told(program.get(f"{DEVICES}?unit=530103"))["items"] == []


def test_list_takes_few_statements_whatever_its_rows(program: Program) -> None:
    for number in range(12):
        program.add(code=f"C{number}")
    program.get(DEVICES)
    with statements() as seen:
        assert len(told(program.get(f"{DEVICES}?fields=code"))["items"]) == 12
    assert len(seen) <= 3, seen


@pytest.mark.parametrize("sort", ["-id", "due_on", "-due_on"])
def test_pages_follow_each_other_without_loss(program: Program, sort: str) -> None:
    for number in range(7):
        program.add(code=f"C{number}", due_on=f"2026-0{number + 1}-15" if number > 1 else None)
    codes, url = [], f"{DEVICES}?sort={sort}&limit=3"
    after = ""
    for _ in range(5):
        answer = told(program.get(url + after))
        codes += [item["code"] for item in answer["items"]]
        if answer["next"] is None:
            break
        after = f"&after={answer['next']}"
    assert len(codes) == len(set(codes)) == 7
    other = program.get(f"{DEVICES}?sort=id{after}")
    assert (other.status, told(other)["errors"][0]["name"]) == (422, "after")


IMPOSSIBLE = [
    ("after=rubbish", "after"),
    ("after=AAAAAAAAAAAAAAA1", "after"),
    ("limit=0", "limit"),
    ("limit=101", "limit"),
    ("limit=x", "limit"),
    ("limit=1&limit=2", "limit"),
    ("kind=boiler&kind=lift", "kind"),
    ("sort=name", "sort"),
    ("sort=mobile", "sort"),
    ("kind=rocket", "kind"),
    ("due_on=2026-02-30", "due_on"),
    ("due_on=soon", "due_on"),
    ("unit=nowhere", "unit"),
    ("unit=530000-01", "unit"),
    ("colour=red", "colour"),
    ("size=20", "size"),
    ("page=3", "page"),
    ("fields=code,colour", "fields"),
    ("count=maybe", "count"),
    ("field=code&op=is", "field"),
    ("field=code&op=from&value=1", "op"),
    ("field=due_on&op=from&value=2026-13-40", "value"),
    ("field=colour&op=is&value=1", "field"),
]


def test_impossible_parameters_are_named(program: Program) -> None:
    for query, name in IMPOSSIBLE:
        refused = program.get(f"{DEVICES}?{query}")
        assert refused.status == 422, (query, refused.text)
        assert [error["name"] for error in told(refused)["errors"]] == [name], query
    assert (
        "2026-01-01..2026-03-31"
        in told(program.get(f"{DEVICES}?due_on=soon"))["errors"][0]["message"]
    )
    amount = told(program.add(code="1", capacity="1,5"))["errors"][0]["message"]
    assert "整数最多 10 位，小数最多 2 位" in amount


def test_nothing_is_found_out_by_asking_for_what_is_masked(
    program: Program, token_for: Tokens
) -> None:
    blind = token_for("zhang", "530102", scopes=("devices.list_device",))
    row = "field=mobile&op=has&value=138"
    assert program.get(f"{DEVICES}?{row}").status == 200
    refused = blind.get(f"{DEVICES}?{row}")
    assert (refused.status, told(refused)["errors"][0]["name"]) == (422, "field")


def test_refusals_are_told_in_english(program: Program) -> None:
    refused = program.get(f"{DEVICES}/999", accept_language="en")
    assert told(refused)["status"] == 404
    assert refused.headers["cache-control"] == "no-store"
