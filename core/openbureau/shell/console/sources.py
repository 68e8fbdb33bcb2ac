"""目录来源: where people come from, with a live sample (系统管理员)."""

from collections.abc import Mapping
from typing import Any

import msgspec

from openbureau.base.database import reading
from openbureau.base.declarations import MenuEntry, Page
from openbureau.base.errors import Invalid
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.accounts.origins import USUAL_LOCK_AFTER, USUAL_LOCK_WINDOW_MIN
from openbureau.kernel.directory.config import DirectoryConfig
from openbureau.kernel.directory.locking import found_rule
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.directory.profiles import PROFILES, Profile
from openbureau.kernel.directory.reasons import reason_words
from openbureau.kernel.directory.sampling import Sample, sample
from openbureau.kernel.directory.snapshot import Incomplete
from openbureau.kernel.directory.sources import (
    Described,
    change_source,
    check_described,
    create_source,
    described_config,
    kept_password,
    retire_source,
    source_by_code,
    sources,
)
from openbureau.kernel.units.queries import unit_tree
from openbureau.shell.console.source_form import (
    FIELD_LABELS,
    MAPPED,
    PROFILE_LABELS,
    SourceForm,
)

POWER = "core.run_sync"
INDENT = "\N{EM SPACE}"


def list_sources(request: Request) -> Any:
    """The sources in use and the retired ones."""
    return page(
        "core/console_sources.html",
        rows=[_line(request, source) for source in sources()],
        retired=[_line(request, source) for source in sources(is_retired=True)],
    )


def _line(request: Request, source: DirectorySource) -> dict[str, Any]:
    say = request.catalogue.gettext
    schedule = [
        say("每 %(minutes)s 分钟增量", minutes=source.delta_every_min)
        if source.delta_every_min
        else "",
        say("每天 %(time)s 全量", time=source.full_at) if source.full_at else "",
    ]
    return {
        "code": source.code,
        "name": source.name,
        "profile": say(PROFILE_LABELS[source.profile]),
        "address": source.url,
        "schedule": say("，").join(filter(None, schedule)) or say("不定时"),
        "changed_at": source.changed_at,
    }


def new_source(request: Request) -> Any:
    """The form of a new source."""
    form = _form(request, None)
    return _page(request, form, None)


def add_source(request: Request) -> Any:
    """Creates a source; its page shows a live sample next."""
    ctx = request.person
    form = _form(request, None)
    if not form.validate():
        return _page(request, form, None, status=422)
    try:
        source = create_source(
            _described(request, form),
            data=request.app.settings.data,
            now=ctx.now,
            account_id=ctx.account.id,
        )
    except Invalid as refused:
        return _page(request, form, None, status=422, problem=refused)
    return redirect(f"/-/console/sources/{source.code}", "目录来源已建立，请查看样本核对对应关系。")


def show_source(request: Request) -> Any:
    """One source, to be changed."""
    source = source_by_code(request.params["code"])
    return _page(request, _form(request, source), source)


def update_source(request: Request) -> Any:
    """Changes a source."""
    ctx = request.person
    source = source_by_code(request.params["code"])
    form = _form(request, source)
    if not form.validate():
        return _page(request, form, source, status=422)
    try:
        change_source(
            source,
            _described(request, form, source),
            data=request.app.settings.data,
            now=ctx.now,
            account_id=ctx.account.id,
        )
    except Invalid as refused:
        return _page(request, form, source, status=422, problem=refused)
    return redirect(f"/-/console/sources/{source.code}", "目录来源已保存。")


def show_sample(request: Request) -> Any:
    """Ten entries as the directory gives them now, decoded by what the form says, of a source
    that stands or is still being described. Nothing is saved; the directory is asked outside
    any transaction."""
    code = request.params.get("code")
    with reading():
        source = source_by_code(code) if code else None
        form = _form(request, source)
        if not form.validate():
            return _page(request, form, source, status=422)
        described = _described(request, form, source)
        try:
            config = _sampled(request, form, described, source)
        except Invalid as refused:
            return _page(request, form, source, status=422, problem=refused)
    found = sample(config)
    rule = found_rule(config) if isinstance(found, Sample) else None
    if rule is not None:
        form.lock_after.data, form.lock_window_min.data = rule.after, rule.window_min
    with reading():
        return _page(request, form, source, found=found, has_rule=rule is not None)


def _sampled(
    request: Request, form: SourceForm, described: Described, source: DirectorySource | None
) -> DirectoryConfig:
    """How the described directory is reached. Raises Invalid: it cannot be described so, or
    its password is wanted again."""
    check_described(described)
    given = form.password.data or ""
    if source is not None and not given:
        given = kept_password(described, source, request.app.settings.data)
    return described_config(described, given)


def retire(request: Request) -> Any:
    """Ends a source; its accounts stay."""
    ctx = request.person
    source = source_by_code(request.params["code"])
    reason = str(request.form.get("reason", "")) if request.form is not None else ""
    try:
        retire_source(source, reason, now=ctx.now, account_id=ctx.account.id)
    except Invalid as refused:
        return _page(request, _form(request, source), source, status=422, problem=refused)
    return redirect("/-/console/sources", "目录来源已停用，它的账号保持原样。")


def _form(request: Request, source: DirectorySource | None) -> SourceForm:
    tree = unit_tree(request.session.units_epoch)
    values: dict[str, Any] = {
        "profile": "openldap",
        "delta_every_min": 0,
        "lock_after": USUAL_LOCK_AFTER,
        "lock_window_min": USUAL_LOCK_WINDOW_MIN,
    }
    if source is not None:
        attributes = msgspec.json.decode(source.attributes)
        values = {f"map_{name}": ", ".join(attributes.get(name, ())) for name in MAPPED}
        place = tree.by_id.get(source.top_unit_id or 0)
        values["top_unit"] = place.code if place else ""
    form = SourceForm(request, source, **values)
    say = request.catalogue.gettext
    form.profile.choices = [(name, say(label)) for name, label in PROFILE_LABELS.items()]
    form.top_unit.choices = [("", say(N_("最上级单位")))] + [
        (unit.code, INDENT * unit.depth + unit.name) for unit in tree.access_units()
    ]
    if source is not None:
        form.code.data = source.code
    if "password" not in (request.filled or ()):
        # What is kept is sealed: a form without the field gives no password.
        form.password.data = ""
    return form


def _described(
    request: Request, form: SourceForm, source: DirectorySource | None = None
) -> Described:
    text: dict[str, Any] = {
        name: str(form[name].data or "").strip()
        for name in (
            "code", "name", "url", "bind_dn", "base", "ca_certificate", "person_filter",
            "unit_filter", "group_filter", "group_base", "full_at",
        )
    }  # fmt: skip
    place = unit_tree(request.session.units_epoch).by_code.get(form.top_unit.data or "")
    given = form.password.data or None
    # What only a command can set stays.
    kept = msgspec.json.decode(source.attributes) if source is not None else {}
    return Described(
        **text,
        password=given if given or source is not None else "",
        profile=form.profile.data,
        is_insecure=bool(form.is_insecure.data),
        attributes={**kept, **{name: _names(form[f"map_{name}"].data) for name in MAPPED}},
        top_unit_id=place.id if place else None,
        may_change_password=bool(form.may_change_password.data),
        lock_after=_number(form.lock_after.data, USUAL_LOCK_AFTER),
        lock_window_min=_number(form.lock_window_min.data, USUAL_LOCK_WINDOW_MIN),
        reads_photos=bool(form.reads_photos.data),
        delta_every_min=form.delta_every_min.data or 0,
        applies_itself=bool(form.applies_itself.data),
    )


def _number(typed: int | None, usual: int) -> int:
    return usual if typed is None else typed


def _names(typed: str | None) -> list[str]:
    return [name for part in (typed or "").replace("，", ",").split(",") if (name := part.strip())]


def _page(
    request: Request,
    form: SourceForm,
    source: DirectorySource | None,
    *,
    status: int = 200,
    problem: Invalid | None = None,
    found: Sample | Incomplete | None = None,
    has_rule: bool = False,
) -> Any:
    say = request.catalogue.gettext
    if problem is not None:
        form.form_errors = [say(problem.what, **problem.params)]
    profile = PROFILES.get(form.profile.data or "", PROFILES["openldap"])
    return page(
        "core/console_source.html",
        status=status,
        form=form,
        source=source,
        usual=_usual(profile),
        has_rule=has_rule,
        sample=_sample_lines(request, found) if isinstance(found, Sample) else None,
        fault=_fault(request, found) if isinstance(found, Incomplete) else "",
    )


def _usual(profile: Profile) -> Mapping[str, str]:
    """What the profile takes where the form says nothing."""
    usual = {}
    for name in (*MAPPED, "person_filter", "unit_filter", "group_filter"):
        value = getattr(profile, name, "")
        usual[name] = value if isinstance(value, str) else ", ".join(sorted(value)[:6])
    return usual


def _fault(request: Request, found: Incomplete) -> str:
    zh, en = reason_words(found.reason)
    return zh if request.catalogue.language == "zh" else en


def _sample_lines(request: Request, found: Sample) -> dict[str, Any]:
    say = request.catalogue.gettext
    words = {reason: _fault(request, Incomplete(reason)) for _, reason in found.faults}
    return {
        "people": [
            {
                "login": person.login,
                "name": person.name,
                "title": person.title,
                "unit": found.unit_names.get(person.unit or "", ""),
                "phone": person.phone or person.mobile,
                "mail": person.mail,
                "is_disabled": person.is_disabled,
            }
            for person in found.people
        ],
        "units": [
            {
                "code": unit.code,
                "name": unit.name,
                "above": found.unit_names.get(unit.parent or "", ""),
            }
            for unit in found.units
        ],
        "groups": [
            {"name": group.name, "dn": group.dn, "members": group.members} for group in found.groups
        ],
        "faults": [(dn, words[reason]) for dn, reason in found.faults],
        "empty": say("、").join(
            say(FIELD_LABELS[name]) for name in found.empty_fields if name in FIELD_LABELS
        ),
    }


PAGES = (
    Page("console/sources", list_sources, POWER),
    Page("console/sources/new", new_source, POWER),
    Page("console/sources/new", add_source, POWER, methods=("POST",)),
    Page("console/sources/{code}", show_source, POWER),
    Page("console/sources/{code}", update_source, POWER, methods=("POST",)),
    Page("console/sources/new/sample", show_sample, POWER, methods=("POST",), is_self_managed=True),
    Page(
        "console/sources/{code}/sample",
        show_sample,
        POWER,
        methods=("POST",),
        is_self_managed=True,
    ),
    Page("console/sources/{code}/retire", retire, POWER, methods=("POST",)),
)
MENU = (MenuEntry(N_("目录来源"), "/-/console/sources", POWER, N_("系统管理"), "server", 921),)
