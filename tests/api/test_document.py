"""The published document: valid, complete, the same for programs and people, in both languages."""

import json

from openapi_spec_validator import validate

from openbureau.testing.bureau import Bureau

from .programs import DEVICES, SCOPES, Program, told

DOCUMENT = "/api/v1/openapi.json"


def test_document_is_valid_and_names_every_route(devices: Bureau, program: Program) -> None:
    found = told(program.get(DOCUMENT))
    validate(found)
    documented = {
        (method.upper(), path)
        for path, item in found["paths"].items()
        for method in item
        if method != "parameters"
    }
    routes = devices.application.routes.all
    assert documented == {
        (route.page.methods[0], route.url.replace("{id:int}", "{id}"))
        for route in routes
        if route.page.zone == "api"
    }
    code = found["components"]["schemas"]["devices_device_new"]["properties"]["code"]
    assert code["examples"] == ["31105300002004000001"]
    assert (code["maxLength"], code["minLength"]) == (20, 1)
    shown = found["components"]["schemas"]["devices_device"]["properties"]
    public = {name for name, schema in shown.items() if schema.get("x-public")}
    assert public == {"code", "name", "kind", "user", "place", "unit", "due_on", "state"}


def test_document_is_in_the_language_asked_for_and_not_sent_twice(program: Program) -> None:
    chinese, english = (program.get(DOCUMENT, accept_language=tag) for tag in ("zh-CN", "en"))
    validate(told(english))
    assert "蒸汽锅炉" in chinese.text
    assert chinese.headers["etag"] == program.get(DOCUMENT).headers["etag"]
    same = program.get(DOCUMENT, if_none_match=chinese.headers["etag"])
    assert (same.status, same.body) == (304, b"")
    packed = program.get(DOCUMENT, accept_encoding="gzip")
    assert packed.headers["content-encoding"] == "gzip"


def test_index_says_what_the_token_may_use(devices: Bureau, program: Program) -> None:
    found = told(program.get("/api/v1/"))
    assert (found["account"], found["unit"], found["scopes"]) == ("zhang", "530102", sorted(SCOPES))
    assert [(each["url"], each["may_write"]) for each in found["registers"]] == [(DEVICES, True)]
    devices.enable("devices", "unit:530102", "off")
    assert told(program.get("/api/v1/"))["registers"] == []


def test_people_read_the_same_document(devices: Bureau, program: Program) -> None:
    zhang = devices.sign_in("zhang")
    shown = zhang.get("/-/api")
    assert (shown.status, DEVICES in shown.text) == (200, True)
    assert "安全管理人员" in shown.words
    downloaded = zhang.get("/-/api/openapi.json")
    assert json.loads(downloaded.body) == told(program.get(DOCUMENT))
    assert devices.client().get("/-/api/openapi.json").status == 303
    assert "没有您可以查看的台账" in devices.sign_in("audit").get("/-/api").words
