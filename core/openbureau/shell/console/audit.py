"""审计: the trail, filtered, exported, verified (审计管理员)."""

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.responses import Response

from openbureau.base.context import CHINA
from openbureau.base.database import to_instant, writing
from openbureau.base.declarations import MenuEntry, Page
from openbureau.base.errors import NotFound, TooLarge
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.base.workbooks import CSV, XLSX, csv_bytes, xlsx_bytes
from openbureau.kernel.audit.actions import record_act
from openbureau.kernel.audit.anchors import Anchor, day_anchor, stored_anchors
from openbureau.kernel.audit.queries import (
    MOST_EXPORTED,
    Position,
    Wanted,
    accounts_named,
    audit_page,
    audit_record,
    audit_total,
    chain_facts,
    known_actions,
    last_reading,
    seal_of,
)
from openbureau.kernel.audit.verification import Verdict
from openbureau.kernel.audit.verifying import (
    KIND,
    REALM,
    ask_verification,
    installation_keys,
    last_verification,
)
from openbureau.kernel.calendar.typed import NotADate, typed_date
from openbureau.kernel.files.names import content_disposition
from openbureau.kernel.jobs.models import Job
from openbureau.kernel.units.queries import unit_tree
from openbureau.shell.audit_subjects import reader_of
from openbureau.shell.audit_words import OUTCOMES, AuditWords

PERMISSION = "core.read_audit"
BASE = "/-/console/audit"
PER_PAGE = 50
READ_AGAIN_AFTER = dt.timedelta(hours=1)
FILTERS = ("q", "unit", "action", "record", "outcome", "address", "from", "to")
BOXES = (
    ("q", N_("人员姓名或账号")),
    ("unit", N_("单位（含下属）")),
    ("from", N_("从（日期）")),
    ("to", N_("到（日期）")),
    ("address", N_("网络地址")),
)
SPANS = ((0, N_("今天")), (6, N_("近 7 天")), (29, N_("近 30 天")))
KEY_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Asked:
    """The filter as it stands in the address, what it means, and what could not be read."""

    given: Mapping[str, str]
    wanted: Wanted
    problems: Sequence[str]


def list_records(request: Request) -> Any:
    """One page of the trail, newest first; reading it is recorded once an hour per query."""
    asked = _asked(request, request.query)
    reach = request.person.reach[PERMISSION]
    _note_reading(request, asked)
    position = _position(request)
    found = audit_page(asked.wanted, reach, position, PER_PAGE + 1)
    rows = found[:PER_PAGE]
    has_more = len(found) > PER_PAGE
    if position.is_backwards:
        rows.reverse()
    words = AuditWords(reader_of(request), rows)
    is_first = position.at == Position().at
    has_older = has_more or position.is_backwards
    has_newer = has_more if position.is_backwards else not is_first
    at = _addresses(asked.given)
    return page(
        "core/console_audit.html",
        fragment="rows",
        given=asked.given,
        problems=asked.problems,
        boxes=[(name, request.catalogue.gettext(label)) for name, label in BOXES],
        filters=_filters(request, asked, words),
        shortcuts=_shortcuts(request, asked.given),
        is_narrowed=any(asked.given.values()),
        rows=[words.line(row) for row in rows],
        total=audit_total(asked.wanted, reach),
        previous_url=at(rows[0], "before") if has_newer and rows else None,
        next_url=at(rows[-1], "after") if has_older and rows else None,
        hidden=[(name, value) for name, value in asked.given.items() if value],
        base=BASE,
    )


def _asked(request: Request, source: Any) -> Asked:
    given = {name: str(source.get(name) or "").strip()[:100] for name in FILTERS}
    problems: list[str] = []
    unit_ids = None
    if given["unit"]:
        tree = unit_tree(request.session.units_epoch)
        found = tree.found(given["unit"], limit=1)
        unit_ids = frozenset(tree.subtree_ids(found[0].id)) if found else frozenset()
    realm, _, number = given["record"].partition(":")
    wanted = Wanted(
        accounts=accounts_named(given["q"]) if given["q"] else None,
        units=unit_ids,
        action=given["action"],
        realm=realm,
        record_id=int(number) if number.isdecimal() and len(number) <= KEY_DIGITS else None,
        outcome=given["outcome"] if given["outcome"] in OUTCOMES else "",
        address=given["address"],
        first=_day(request, given["from"], 0, problems),
        end=_day(request, given["to"], 1, problems),
    )
    return Asked(given, wanted, problems)


def _day(request: Request, text: str, later: int, problems: list[str]) -> dt.datetime | None:
    """Midnight in China of a typed day, or of the day after it."""
    if not text:
        return None
    today = request.person.now.astimezone(CHINA).date()
    try:
        day = typed_date(text, today) + dt.timedelta(days=later)
    except NotADate as fault:
        problems.append(request.catalogue.gettext(fault.message, **fault.params))
        return None
    return dt.datetime.combine(day, dt.time(), CHINA)


def _position(request: Request) -> Position:
    for name, is_backwards in (("before", True), ("after", False)):
        at, _, key = request.query.get(name, "").partition("-")
        if at.isdecimal() and key.isdecimal() and max(len(at), len(key)) <= KEY_DIGITS:
            return Position(int(at), int(key), is_backwards)
    return Position()


def _addresses(given: Mapping[str, str]) -> Callable[[Any, str], str]:
    kept = {name: value for name, value in given.items() if value}

    def address(row: Any, name: str) -> str:
        place = f"{to_instant(row.at)}-{row.id}"
        return f"{BASE}?{urlencode({**kept, name: place})}"

    return address


def _filters(request: Request, asked: Asked, words: AuditWords) -> list[dict[str, Any]]:
    say = request.catalogue.gettext
    everything = ("", say(N_("全部")))
    actions = sorted((words.action(code), code) for code in known_actions())
    record = asked.given["record"]
    kinds = words.realms()
    if record and record not in kinds:
        realm, _, number = record.partition(":")
        kinds[record] = f"{words.realm(realm)} {number}"
    return [
        {
            "name": "action",
            "label": say(N_("操作")),
            "value": asked.given["action"],
            "options": [everything, *((code, label) for label, code in actions)],
        },
        {
            "name": "record",
            "label": say(N_("对象")),
            "value": record,
            "options": [everything, *kinds.items()],
        },
        {
            "name": "outcome",
            "label": say(N_("结果")),
            "value": asked.given["outcome"],
            "options": [everything, *((code, say(label)) for code, label in OUTCOMES.items())],
        },
    ]


def _shortcuts(request: Request, given: Mapping[str, str]) -> list[tuple[str, str, bool]]:
    today = request.person.now.astimezone(CHINA).date()
    kept = {name: value for name, value in given.items() if value and name not in {"from", "to"}}
    links = []
    for days, label in SPANS:
        first = (today - dt.timedelta(days=days)).isoformat()
        is_current = given["from"] == first and not given["to"]
        url = f"{BASE}?{urlencode({**kept, 'from': first})}"
        links.append((request.catalogue.gettext(label), url, is_current))
    return links


def _note_reading(request: Request, asked: Asked) -> None:
    """A sensitive reading is recorded before anything is shown."""
    ctx = request.person
    if request.is_foreseen:
        return
    detail = {name: value for name, value in asked.given.items() if value}
    before = last_reading(ctx.account.id, ctx.now - READ_AGAIN_AFTER, PERMISSION)
    if before is None or json.loads(before) != detail:
        with writing():
            record_act(ctx, PERMISSION, REALM, detail=detail)


def show_record(request: Request) -> Any:
    """One record with every column, its seal, and what it says of itself."""
    row = audit_record(request.params["id"], request.person.reach[PERMISSION])
    if row is None:
        raise NotFound
    seal = seal_of(row.id)
    record = f"{row.realm}:{row.record_id}" if row.record_id is not None else row.realm
    return page(
        "core/console_audit_record.html",
        row=row,
        line=AuditWords(reader_of(request), [row]).line(row),
        detail=json.dumps(json.loads(row.detail), ensure_ascii=False, indent=2),
        digest=seal.digest if seal else "",
        record=record,
        trail_url=f"{BASE}?{urlencode({'record': record})}" if record else "",
        base=BASE,
    )


def export_records(request: Request) -> Any:
    """The filtered trail as .xlsx or .csv; the export is a record itself."""
    form = request.form if request.form is not None else FormData()
    asked = _asked(request, form)
    reach = request.person.reach[PERMISSION]
    total = audit_total(asked.wanted, reach)
    if total > MOST_EXPORTED:
        raise TooLarge(
            N_("符合条件的有 %(total)s 条，一次最多导出 %(most)s 条。"),
            unaffected=N_("没有导出任何内容。"),
            remedy=N_("请缩小日期范围；全部记录由命令 openbureau audit export 导出。"),
            total=f"{total:,}",
            most=f"{MOST_EXPORTED:,}",
        )
    kind = "csv" if form.get("format") == "csv" else "xlsx"
    with request.writing():
        reach = request.person.reach[PERMISSION]
        asked_for = {name: value for name, value in asked.given.items() if value}
        detail = {**asked_for, "format": kind, "total": total}
        record_act(request.person, "core.export_audit", REALM, detail=detail)
    found = audit_page(asked.wanted, reach, Position(), MOST_EXPORTED)
    heads, rows = AuditWords(reader_of(request), found).table(found)
    today = request.person.now.astimezone(CHINA).date()
    name = f"{request.catalogue.gettext(N_('审计记录'))}_{today:%Y%m%d}.{kind}"
    content = csv_bytes(heads, rows) if kind == "csv" else xlsx_bytes("audit", heads, rows)
    return Response(
        content,
        headers={
            "content-type": CSV if kind == "csv" else XLSX,
            "content-disposition": content_disposition(name),
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
        },
    )


def show_proof(request: Request) -> Any:
    """The chain: its state, the public key, the anchors, the last verification."""
    data = request.app.settings.data
    public = installation_keys(data).public
    anchors = [anchor for anchor in stored_anchors(data) if day_anchor(data, anchor.day) == anchor]
    job = _verification_job(request.number("job", 0))
    return page(
        "core/console_audit_proof.html",
        fragment="progress",
        chain=chain_facts(),
        public_key=public.hex() if public else "",
        anchors=list(reversed(anchors))[:60],
        last=_last_words(request),
        job=job,
        base=BASE,
    )


def _verification_job(job_id: int) -> dict[str, Any] | None:
    job = Job.get_or_none((Job.id == job_id) & (Job.kind == KIND)) if job_id else None
    if job is None:
        return None
    is_done = job.state in {"done", "dead"}
    percent = 100 if is_done else 100 * job.progress // max(job.progress_total, 1)
    return {"id": job.id, "percent": min(percent, 100), "is_done": is_done, "state": job.state}


def _last_words(request: Request) -> dict[str, Any] | None:
    last = last_verification()
    if last is None:
        return None
    at, found = last
    verdict = Verdict(
        found["records"],
        found["checkpoints"],
        found["unsealed"],
        found["problem"] or "",
        found["first_bad"],
    )
    return {"at": at, "verdict": verdict, "sentence": verdict.sentence(request.person.language)}


def create_verification(request: Request) -> Any:
    """Asks for a verification of the whole trail in the background."""
    job_id = ask_verification(request.person.account.id, request.person.now)
    return redirect(f"{BASE}/proof?job={job_id}", "已开始核验。")


def show_anchor(request: Request) -> Any:
    """A day's anchor on paper: the head of the chain, to be signed and filed."""
    try:
        day = dt.date.fromisoformat(request.params["name"])
    except ValueError as fault:
        raise NotFound from fault
    anchor: Anchor | None = day_anchor(request.app.settings.data, day)
    if anchor is None:
        raise NotFound
    return page("core/console_audit_anchor.html", anchor=anchor, base=BASE)


PAGES = (
    Page("console/audit", list_records, PERMISSION),
    Page("console/audit/{id:int}", show_record, PERMISSION),
    Page(
        "console/audit/export", export_records, PERMISSION, methods=("POST",), is_self_managed=True
    ),
    Page("console/audit/proof", show_proof, PERMISSION),
    Page("console/audit/proof", create_verification, PERMISSION, methods=("POST",)),
    Page("console/audit/proof/{name}", show_anchor, PERMISSION),
)
MENU = (
    MenuEntry(N_("审计记录"), BASE, PERMISSION, N_("审计"), "report-search", 960),
    MenuEntry(N_("审计核验"), f"{BASE}/proof", PERMISSION, N_("审计"), "clipboard-check", 961),
)
