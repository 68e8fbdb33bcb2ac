"""改由另一个目录管理: a person's entry is looked up live, shown, and taken after a second look."""

from typing import Any

from wtforms import HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from openbureau.base.database import reading
from openbureau.base.declarations import Page
from openbureau.base.errors import NotFound, OperatorError, Problem
from openbureau.base.forms import Form
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.accounts.acts import by
from openbureau.kernel.accounts.adoption import adopt, check_adoption, only_entry
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.accounts.oversight import PEOPLE, managed, reach_of
from openbureau.kernel.directory.lookup import people_named
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.directory.reasons import reason_words
from openbureau.kernel.directory.snapshot import Incomplete, PersonEntry
from openbureau.kernel.directory.sources import source_by_code, source_config, sources

URL = "/-/console/people"
SYNC = "core.run_sync"


class AdoptionForm(Form):
    """Which directory, and the person's login name there; `entry` is the one that was shown."""

    source = SelectField(N_("目录来源"), [InputRequired()])
    login = StringField(
        N_("在目录中的登录名"),
        [InputRequired(), Length(max=100)],
        description=N_("与本系统的账号不同时请填写；确认后账号改用目录中的登录名。"),
    )
    entry = HiddenField(validators=[Length(max=64)])


def show_adoption(request: Request) -> Any:
    """Asks which directory."""
    account = _account(request)
    return _page(request, account, _form(request, account))


def create_adoption(request: Request) -> Any:
    """Looks the person up, outside any transaction, and shows them; sent again with what was
    shown, looks once more and takes it if it is still the same."""
    with reading():
        account = _account(request)
        form = _form(request, account)
        if not form.validate():
            return _page(request, account, form, status=422)
        source = source_by_code(form.source.data)
    try:
        entry, unit = _looked_up(request, source, str(form.login.data).strip())
        if form.entry.data != entry.external_id:
            with reading():
                check_adoption(account, source, entry)
                return _page(request, account, form, entry=entry, unit=unit)
        with request.writing():
            adopt(_account(request), source, entry, by(request.person))
    except Problem as refused:
        with reading():
            form.add_error("login", refused.what, **refused.params)
            return _page(request, account, form, status=422)
    return redirect(f"{URL}/{account.uid}", "账号已改由目录管理，此人的登录已结束。")


def _looked_up(request: Request, source: DirectorySource, login: str) -> tuple[PersonEntry, str]:
    """Raises Problem: the directory gave no answer, or not one person."""
    try:
        config = source_config(source, request.app.settings.data)
    except OperatorError as unreadable:
        raise Problem(N_("目录来源的密码无法读取，请在目录来源页面重新填写。")) from unreadable
    found = people_named(config, login)
    if isinstance(found, Incomplete):
        zh, en = reason_words(found.reason)
        reason = zh if request.catalogue.language == "zh" else en
        raise Problem(N_("没有从目录得到完整的答复：%(reason)s"), reason=reason)
    return only_entry(found, login)


def _account(request: Request) -> Account:
    """Raises NotFound: not in reach, or the directories are not this person's to manage."""
    if not reach_of(request.person, SYNC).is_everywhere:
        raise NotFound
    return managed(request.person, request.params["uid"])


def _form(request: Request, account: Account) -> AdoptionForm:
    form = AdoptionForm(request, login=account.login)
    form.source.choices = [(source.code, source.name) for source in sources()]
    return form


def _page(
    request: Request,
    account: Account,
    form: AdoptionForm,
    *,
    entry: PersonEntry | None = None,
    unit: str = "",
    status: int = 200,
) -> Any:
    return page(
        "core/console_person_adoption.html",
        status=status,
        form=form,
        account=account,
        url=f"{URL}/{account.uid}",
        entry=entry,
        unit=unit,
        is_login_changed=entry is not None and entry.login != account.login,
    )


PAGES = (
    Page("console/people/{uid}/directory", show_adoption, PEOPLE),
    Page(
        "console/people/{uid}/directory",
        create_adoption,
        PEOPLE,
        methods=("POST",),
        is_self_managed=True,
    ),
)
