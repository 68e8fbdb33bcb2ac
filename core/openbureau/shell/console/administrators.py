"""管理员: those of one's own kind, and delegated ones for a part of the tree.

Open to all three kinds; each sees and appoints its own.
"""

from typing import Any

from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from openbureau.base.declarations import MenuEntry, Page
from openbureau.base.errors import Conflict, Forbidden, NotFound
from openbureau.base.forms import Form
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.access.administration import KIND_LABELS
from openbureau.kernel.access.grants import live_grants_of
from openbureau.kernel.accounts.acts import by
from openbureau.kernel.accounts.administration import (
    initial_passwords,
    issue_passwords,
    reset_second_factor,
)
from openbureau.kernel.accounts.appointments import (
    administrators,
    appoint_within,
    candidate,
    dismiss_within,
    dismissible,
)
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.accounts.oversight import managed_administrator, own_bound
from openbureau.kernel.accounts.second_factor import second_factor_of
from openbureau.kernel.units.queries import unit_tree
from openbureau.shell.console.people_acts import ReasonForm
from openbureau.shell.console.people_labels import STATE_LABELS, STATE_LAMPS, unit_choices
from openbureau.shell.console.people_slips import slips_page

URL = "/-/console/administrators"


class AppointmentForm(Form):
    """Who, for which part."""

    login = StringField(
        N_("账号"),
        [InputRequired(), Length(max=100)],
        description=N_("管理员账号不能办理业务；请先为其另建一个账号。"),
    )
    unit = SelectField(N_("管理范围"), [InputRequired()], description=N_("所选单位及其全部下属。"))


def _kind(request: Request) -> str:
    kind = request.person.account.administrator
    if kind is None:
        raise Forbidden(
            N_("这个页面只对管理员开放。"), remedy=N_("如工作需要，请联系本单位管理员。")
        )
    return kind


def list_administrators(request: Request) -> Any:
    """The administrators of one's own kind, and the form that appoints one."""
    _kind(request)
    return _page(request, _form(request))


def create_administrator(request: Request) -> Any:
    """Asks whether, saying which roles end, and appoints when just that was confirmed."""
    _kind(request)
    form = _form(request)
    if not form.validate():
        return _page(request, form, 422)
    tree = unit_tree(request.session.units_epoch)
    unit = tree.by_code[form.unit.data]
    try:
        account = candidate(request.person, form.login.data or "", unit.id)
        roles = len(live_grants_of(account.id, request.person.today))
        if request.form is None or request.form.get("roles") != str(roles):
            return _confirm_appointment(request, account, unit.name, form, roles)
        appoint_within(request.person, account.login, unit.id)
    except (Conflict, NotFound, Forbidden) as refused:
        form.add_error("login", refused.what, **refused.params)
        return _page(request, form, 422)
    return redirect(URL, "已任命。对方的登录已结束，重新登录后生效。")


def _confirm_appointment(
    request: Request, account: Account, unit: str, form: AppointmentForm, roles: int
) -> Any:
    say = request.catalogue.gettext
    lines = [
        say("管理范围：%(unit)s及全部下属。", unit=unit),
        say("将收回 %(total)s 项角色；管理员不能持有角色，也不能办理业务。", total=roles)
        if roles
        else say("此人没有角色需要收回；任命后不能再办理业务。"),
        say("此人的登录立即结束，重新登录后生效。"),
    ]
    return page(
        "core/confirm.html",
        heading=say("任命这名管理员？"),
        lines=[f"{account.name} · {account.login}", *lines],
        action=URL,
        hidden=[("login", account.login), ("unit", form.unit.data), ("roles", str(roles))],
        submit_label=say("任命"),
        cancel_url=URL,
        form=None,
    )


def confirm_dismissal(request: Request) -> Any:
    """Asks whether."""
    _kind(request)
    account = dismissible(request.person, request.params["uid"])
    say = request.catalogue.gettext
    lines = [say("此人立即失去管理权限，登录结束；账号本身不停用。")]
    return _confirm(request, account, say("免去这名管理员？"), lines, say("免去"))


def delete_administrator(request: Request) -> Any:
    """Dismisses a delegated administrator."""
    _kind(request)
    dismiss_within(request.person, request.params["uid"])
    return redirect(URL, "已免去。")


def confirm_reset(request: Request) -> Any:
    """Asks whether to reset a colleague's password or second factor."""
    _kind(request)
    account = managed_administrator(request.person, request.params["uid"])
    say = request.catalogue.gettext
    if request.params["name"] == "password":
        lines = [say("原来的密码立即失效，此人已登录的全部结束。新密码只显示一次。")]
        return _confirm(request, account, say("发放新的初始密码？"), lines, say("发放并显示"))
    if request.params["name"] != "second-factor":
        raise NotFound
    lines = [say("请先确认来人的身份。此人下次登录时重新设置动态口令。")]
    form = ReasonForm(request)
    label = say("重置动态口令")
    return _confirm(request, account, say("重置此人的动态口令？"), lines, label, form)


def create_reset(request: Request) -> Any:
    """Resets a colleague's password or second factor."""
    _kind(request)
    account = managed_administrator(request.person, request.params["uid"])
    if request.params["name"] == "password":
        initials = initial_passwords([account])
        with request.writing():
            managed_administrator(request.person, account.uid)
            issued = issue_passwords(initials, by(request.person))
        return slips_page(request, issued, 0, URL)
    if request.params["name"] != "second-factor":
        raise NotFound
    form = ReasonForm(request)
    if not form.validate():
        say = request.catalogue.gettext
        heading, label = say("重置此人的动态口令？"), say("重置动态口令")
        return _confirm(request, account, heading, [], label, form, 422)
    with request.writing():
        account = managed_administrator(request.person, account.uid)
        reset_second_factor(account, form.reason.data or "", by(request.person))
    return redirect(URL, "动态口令已重置。")


def _confirm(
    request: Request,
    account: Account,
    heading: str,
    lines: list[str],
    label: str,
    form: Form | None = None,
    status: int = 200,
) -> Any:
    return page(
        "core/confirm.html",
        status=status,
        heading=heading,
        lines=[f"{account.name} · {account.login}", *lines],
        action=request.path,
        hidden=[],
        submit_label=label,
        cancel_url=URL,
        form=form,
    )


def _form(request: Request) -> AppointmentForm:
    form = AppointmentForm(request)
    tree = unit_tree(request.session.units_epoch)
    bound = own_bound(request.person)
    within = set(tree.by_id) if bound is None else set(tree.subtree_ids(bound))
    codes = {unit.code for unit in tree.access_units()}
    form.unit.choices = [c for c in unit_choices(tree, within.__contains__) if c[0] in codes]
    return form


def _page(request: Request, form: AppointmentForm, status: int = 200) -> Any:
    say = request.catalogue.gettext
    kind = request.person.account.administrator or ""
    is_bound = own_bound(request.person) is not None
    rows = [
        {
            "id": account.id,
            "name": account.name,
            "login": account.login,
            "lamp": STATE_LAMPS[account.state],
            "state": say(STATE_LABELS[account.state]),
            "scope": account.administrator_unit.name if account.administrator_unit else "",
            "has_second_factor": second_factor_of(account.id) is not None,
            "is_local": account.source == "local",
            "last_sign_in_at": account.last_sign_in_at,
            "url": f"{URL}/{account.uid}",
            "is_self": account.id == request.person.account.id,
            "may_dismiss": account.administrator_unit_id is not None,
            "may_reset": not is_bound,
        }
        for account in administrators(request.person)
    ]
    label = say(KIND_LABELS[kind])
    return page("core/console_administrators.html", status=status, rows=rows, form=form, kind=label)


PAGES = (
    Page("console/administrators", list_administrators, "administrator"),
    Page("console/administrators", create_administrator, "administrator", methods=("POST",)),
    Page("console/administrators/{uid}/dismiss", confirm_dismissal, "administrator"),
    Page(
        "console/administrators/{uid}/dismiss",
        delete_administrator,
        "administrator",
        methods=("POST",),
    ),
    Page("console/administrators/{uid}/reset/{name}", confirm_reset, "administrator"),
    Page(
        "console/administrators/{uid}/reset/{name}",
        create_reset,
        "administrator",
        methods=("POST",),
        is_self_managed=True,
    ),
)
MENU = (MenuEntry(N_("管理员"), URL, "administrator", N_("系统管理"), "user", 912),)
