"""单位改由另一个目录管理: the source is read live, what would go there is shown, and taken
after a second look."""

from typing import Any

from wtforms import HiddenField, SelectField
from wtforms.validators import InputRequired, Length

from openbureau.base.database import reading
from openbureau.base.declarations import Page
from openbureau.base.errors import Conflict, NotFound, OperatorError, Problem
from openbureau.base.forms import Form
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.accounts.acts import by
from openbureau.kernel.accounts.oversight import reach_of
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.directory.reading import read_directory
from openbureau.kernel.directory.reasons import reason_words
from openbureau.kernel.directory.snapshot import Incomplete, Snapshot
from openbureau.kernel.directory.sources import source_by_code, source_config, sources
from openbureau.kernel.units.adoption import UnitAdoption, adopt_units, plan_adoption
from openbureau.kernel.units.changes import unit_by_code
from openbureau.kernel.units.models import Unit
from openbureau.shell.console.unit_deeds import POWER

LIST = "/-/console/units"
SYNC = "core.run_sync"
SHOWN_PEOPLE = 200


class UnitAdoptionForm(Form):
    """Which directory; `digest` is that of what was shown."""

    source = SelectField(N_("目录来源"), [InputRequired()])
    digest = HiddenField(validators=[Length(max=64)])


def may_adopt_units(request: Request) -> bool:
    """Whether the person looks after synchronisations of the whole installation."""
    return reach_of(request.person, SYNC).is_everywhere and bool(sources())


def show_unit_adoption(request: Request) -> Any:
    """Asks which directory."""
    unit = _unit(request)
    return _page(request, unit, _form(request))


def create_unit_adoption(request: Request) -> Any:
    """Reads the directory, outside any transaction, and shows what would go to it; sent again
    with what was shown, reads once more and writes it if it is still the same."""
    with reading():
        unit = _unit(request)
        form = _form(request)
        if not form.validate():
            return _page(request, unit, form, status=422)
        source = source_by_code(form.source.data)
    try:
        snapshot = _read(request, source)
        with reading():
            adoption = plan_adoption(_unit(request), source, snapshot)
            if form.digest.data != adoption.digest:
                return _page(request, unit, form, adoption=adoption)
        with request.writing():
            _adopt(request, source, snapshot, adoption.digest)
    except Problem as refused:
        with reading():
            form.add_error("source", refused.what, **refused.params)
            return _page(request, unit, form, status=422)
    return redirect(f"{LIST}/{unit.code}", N_("单位和人员已改由这个目录管理，请重新同步。"))


def _adopt(
    request: Request, source: DirectorySource, snapshot: Snapshot, digest: str | None
) -> None:
    """Writes what was shown. Raises Conflict: it is not the same any more."""
    adoption = plan_adoption(_unit(request), source, snapshot)
    if adoption.digest != digest:
        raise Conflict
    adopt_units(adoption, by(request.person))


def _read(request: Request, source: DirectorySource) -> Snapshot:
    """Raises Problem: the directory gave no whole answer."""
    try:
        with reading():
            config = source_config(source, request.app.settings.data)
    except OperatorError as unreadable:
        raise Problem(N_("目录来源的密码无法读取，请在目录来源页面重新填写。")) from unreadable
    found = read_directory(config)
    if isinstance(found, Incomplete):
        zh, en = reason_words(found.reason)
        reason = zh if request.catalogue.language == "zh" else en
        raise Problem(N_("没有从目录得到完整的答复：%(reason)s"), reason=reason)
    return found


def _unit(request: Request) -> Unit:
    """Raises NotFound: no such unit, or the directories are not this person's to manage."""
    if not reach_of(request.person, SYNC).is_everywhere:
        raise NotFound
    return unit_by_code(request.params["code"])


def _form(request: Request) -> UnitAdoptionForm:
    form = UnitAdoptionForm(request)
    form.source.choices = [(source.code, source.name) for source in sources()]
    return form


def _page(
    request: Request,
    unit: Unit,
    form: UnitAdoptionForm,
    *,
    adoption: UnitAdoption | None = None,
    status: int = 200,
) -> Any:
    origins = {source.id: source.name for source in DirectorySource.select()}
    here = request.catalogue.gettext(N_("本系统"))
    return page(
        "core/console_unit_adoption.html",
        status=status,
        form=form,
        unit=unit,
        url=f"{LIST}/{unit.code}",
        holder=origins.get(unit.directory_id, here),
        digest=adoption.digest if adoption else "",
        units=[
            {"code": row.code, "name": row.name, "holder": origins.get(row.directory_id, here)}
            for row, _ in (adoption.units if adoption else ())
        ],
        people=[
            {"login": row.login, "name": row.name, "holder": origins.get(row.directory_id, here)}
            for row, _ in (adoption.people[:SHOWN_PEOPLE] if adoption else ())
        ],
        people_total=len(adoption.people) if adoption else 0,
    )


PAGES = (
    Page("console/units/{code}/directory", show_unit_adoption, POWER),
    Page(
        "console/units/{code}/directory",
        create_unit_adoption,
        POWER,
        methods=("POST",),
        is_self_managed=True,
    ),
)
