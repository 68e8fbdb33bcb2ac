"""A register for programs: list, read, add, change, declare void. Rights, checks, history and
audit are those of the pages."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from openbureau.base.context import Context
from openbureau.base.database import writing
from openbureau.base.declarations import Page
from openbureau.base.errors import Conflict, Invalid, Outdated, VersionNeeded
from openbureau.base.i18n import N_
from openbureau.base.json_bodies import JsonResult, document_of
from openbureau.base.request import Request
from openbureau.base.routing import API
from openbureau.kernel.audit.actions import record_act
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.registers.declared import Column, Register
from openbureau.kit.registers.listing import listed, total
from openbureau.kit.registers.masking import HIDDEN, is_masked_form
from openbureau.kit.registers.natural import column_schema, fault_of, represented
from openbureau.kit.registers.records import (
    CHANGED,
    CREATED,
    Told,
    change_record,
    create_record,
    read_values,
    record,
    void_record,
    writable,
)
from openbureau.shell.registers.api_query import question_of

REASON: Mapping[str, Any] = {"type": "string", "minLength": 1, "maxLength": 300}


def list_records(register: Register, request: Request) -> JsonResult:
    """One page of the records a token may see, of what the parameters ask for."""
    ctx = request.person
    question = question_of(register, request)
    found = listed(ctx, register, question.query)
    items = [_item(ctx, register, question.columns, row) for row in found.rows]
    document: dict[str, Any] = {
        "items": items,
        "next": question.cursor(register, found.rows[-1])
        if found.has_later and found.rows
        else None,
    }
    if question.is_counted:
        document["total"] = total(ctx, register, question.query)
    open_rows = [row for row in found.rows if _may_see(ctx, register, row)]
    _note_reading(request, register, question.columns, len(open_rows))
    return JsonResult(document)


def read_record(register: Register, request: Request) -> JsonResult:
    """One record the token may see."""
    return _read(request, register, record(request.person, register, request.params["id"]))


def add_record(register: Register, request: Request) -> JsonResult:
    """A new record; of the token's unit unless another one in reach is named."""
    ctx = request.person
    values = _values(ctx, register, request)
    values.setdefault("unit", request.session.unit_id)
    made = create_record(ctx, register, values, CREATED)
    shown = _shown(ctx, register, made)
    location = f"{API}{register.realm}/{made.id}"
    return JsonResult(shown.document, 201, {"location": location}, shown.version)


def patch_record(register: Register, request: Request) -> JsonResult:
    """Changes what is named of a record (RFC 7396), as it stood at the version in If-Match."""
    ctx = request.person
    row = writable(ctx, register, request.params["id"])
    values = _values(ctx, register, request, row)
    _check_version(request, row)
    try:
        changed = change_record(ctx, register, row.id, row.version, values, CHANGED)
    except Conflict as fault:
        raise Outdated from fault
    return _read(request, register, changed)


def void_one(register: Register, request: Request) -> JsonResult:
    """Declares a wrong entry void: it stays, but lists and counts leave it out."""
    ctx = request.person
    row = writable(ctx, register, request.params["id"])
    given = _members(request)
    problems: dict[str, Told] = {name: _UNKNOWN for name in given if name != "reason"}
    if told := fault_of(REASON, given.get("reason")):
        problems["reason"] = told
    _refuse(problems)
    _check_version(request, row)
    try:
        voided = void_record(ctx, register, row.id, row.version, given["reason"].strip())
    except Conflict as fault:
        raise Outdated from fault
    return _read(request, register, voided)


def _read(request: Request, register: Register, row: Any) -> JsonResult:
    """A record as it leaves, and that personal data leave with it."""
    result = _shown(request.person, register, row)
    is_known = f'"{result.version}"' in request.headers.get("if-none-match", "")
    if _may_see(request.person, register, row) and not (request.is_safe and is_known):
        _note_reading(request, register, register.columns, 1, row)
    return result


_UNKNOWN: Told = (N_("没有这一项。"), {})


def _shown(ctx: Context, register: Register, row: Any) -> JsonResult:
    may_see = _may_see(ctx, register, row)
    # What is masked is another document, although the version is the same.
    version = f"{row.version}" if may_see or not register.personal else f"{row.version}m"
    return JsonResult(_item(ctx, register, register.columns, row), version=version)


def _item(ctx: Context, register: Register, columns: Sequence[Column], row: Any) -> dict[str, Any]:
    tree = unit_tree(ctx.tree_version)
    return represented(register, columns, row, tree, may_see=_may_see(ctx, register, row))


def _may_see(ctx: Context, register: Register, row: Any) -> bool:
    return bool(register.personal) and ctx.may_in(register.personal, row.unit_id)


def _note_reading(
    request: Request, register: Register, columns: Sequence[Column], count: int, row: Any = None
) -> None:
    """The audit row of personal data that leave unmasked: one for a request."""
    names = [column.name for column in columns if column.personal]
    if not names or not count:
        return
    with writing():
        record_act(
            request.person,
            f"{register.slug}.view_{register.noun}",
            register.realm,
            row.id if row is not None else None,
            {"columns": names, "records": count},
            row.unit_id if row is not None else request.session.unit_id,
        )


def _members(request: Request) -> Mapping[str, Any]:
    """The object that was sent. Raises BadRequest, Invalid: it is something else."""
    found = document_of(request.body)
    if not isinstance(found, dict):
        raise Invalid(
            N_("请求的内容应是一个 JSON 对象。"),
            unaffected=N_("没有任何内容被改动。"),
            remedy="",
            code="API-005",
        )
    return found


def _values(ctx: Context, register: Register, request: Request, row: Any = None) -> dict[str, Any]:
    """The values sent for columns. Raises Invalid: some are unknown, of another kind than the
    published one, or masked without being those of the record."""
    given = _members(request)
    problems: dict[str, Told] = {}
    for name, value in given.items():
        column = register.by_name.get(name)
        if column is None:
            problems[name[:60]] = _UNKNOWN
        elif column.is_readonly:
            problems[name] = (N_("这一列由系统填写。"), {})
        elif told := fault_of(column_schema(register, column), value, register.kinds[name]):
            problems[name] = told
    _refuse(problems)
    wanted = read_values(ctx, register, given)
    values = dict(wanted.values)
    hidden = _take_masked(ctx, register, values, row)
    _refuse({**wanted.problems, **hidden})
    return values


def _take_masked(
    ctx: Context, register: Register, values: dict[str, Any], row: Any
) -> dict[str, Told]:
    """Leaves out what comes back as it was shown, masked; other masked values are faults."""
    problems: dict[str, Told] = {}
    for name, value in list(values.items()):
        column = register.by_name[name]
        if not column.personal or not isinstance(value, str) or HIDDEN not in value:
            continue
        before = row.__data__.get(name) if row is not None else None
        if before != value and is_masked_form(column.personal, before, value):
            del values[name]
        elif before != value:
            problems[name] = (N_("这是遮盖过的内容，请填写完整。"), {})
    return problems


def _refuse(problems: Mapping[str, Told]) -> None:
    if problems:
        refused = Invalid(
            unaffected=N_("没有任何内容被改动。"), remedy=N_("请按 errors 中的提示改正。")
        )
        refused.params = {"columns": dict(problems)}
        raise refused


def _check_version(request: Request, row: Any) -> None:
    """Raises VersionNeeded, Outdated: If-Match does not name the record as it stands; Conflict:
    it is void."""
    text = request.headers.get("if-match", "").strip()
    if not text:
        raise VersionNeeded
    tags = {tag.strip().strip('"').removesuffix("m") for tag in text.split(",")}
    if text != "*" and str(row.version) not in tags:
        raise Outdated
    if row.voided_at is not None:
        raise Conflict(
            N_("这条记录已经作废，不能再改。"),
            unaffected=N_("没有任何内容被改动。"),
            remedy=N_("请先在页面上恢复它。"),
        )


def pages_of(register: Register) -> Sequence[Page]:
    """The pages of one register for programs."""
    noun, one = register.noun, f"{register.noun}/{{id:int}}"

    def served(path: str, view: Any, permission: str, method: str = "GET") -> Page:
        return Page(path, partial(view, register), permission, methods=(method,), zone="api")

    return (
        served(noun, list_records, register.read),
        served(noun, add_record, register.write, "POST"),
        served(one, read_record, register.read),
        served(one, patch_record, register.write, "PATCH"),
        served(f"{one}/void", void_one, register.write, "POST"),
    )
