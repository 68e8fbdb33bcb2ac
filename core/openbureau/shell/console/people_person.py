"""One account as its administrator sees it: state and why, posts, contact, history."""

from typing import Any

import msgspec
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length, Regexp

from openbureau.base.declarations import Page
from openbureau.base.errors import Conflict, Forbidden, Invalid, Problem
from openbureau.base.forms import Form
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.access.administration import KIND_LABELS
from openbureau.kernel.accounts.acts import REALM, by
from openbureau.kernel.accounts.administration import change_contact, create_person
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.accounts.oversight import PEOPLE, hindrance_to, managed, reach_of, seen
from openbureau.kernel.accounts.posts import NATURE_LABELS, posts_of
from openbureau.kernel.accounts.queries import live_sessions
from openbureau.kernel.accounts.second_factor import second_factor_of
from openbureau.kernel.accounts.throttle import counted_attempts
from openbureau.kernel.audit.models import AuditRecord
from openbureau.kernel.sync.queries import disabling_run
from openbureau.kernel.units.models import Unit
from openbureau.kernel.units.queries import UnitTree, unit_tree
from openbureau.shell.console.people_labels import (
    ACTIONS,
    SOURCE_LABELS,
    STATE_LAMPS,
    state_words,
    unit_choices,
    unit_words,
)

URL = "/-/console/people"
LOGIN = r"^[A-Za-z0-9][A-Za-z0-9._-]{1,59}$"
CHANGES_SHOWN = 20


class PersonForm(Form):
    """Name and where to find somebody."""

    name = StringField(N_("姓名"), [InputRequired(), Length(max=100)])
    phone = StringField(N_("办公电话"), [Length(max=60)])
    mobile = StringField(N_("手机"), [Length(max=60)])
    mail = StringField(N_("邮箱"), [Length(max=200)])
    room = StringField(N_("房间"), [Length(max=60)])


class NewPersonForm(PersonForm):
    """A new local account with its first post."""

    login = StringField(
        N_("账号"),
        [
            InputRequired(),
            Regexp(LOGIN, message=N_("账号只能用字母、数字和 . _ -，2 到 60 位。")),
        ],
        description=N_("字母、数字和 . _ -，2 到 60 位；建立后不能更改。"),
    )
    unit = SelectField(N_("单位或处室"), [InputRequired()])
    title = StringField(N_("职务"), [Length(max=100)])


def show_account(request: Request) -> Any:
    """Everything an administrator has to know about an account."""
    ctx = request.person
    account = seen(ctx, request.params["uid"])
    tree = unit_tree(request.session.units_epoch)
    hindrance = hindrance_to(ctx, account)
    return page(
        "core/console_person.html",
        account=account,
        url=f"{URL}/{account.uid}",
        hindrance=ctx.gettext(hindrance) if hindrance else "",
        lamp=STATE_LAMPS[account.state],
        state=state_words(request, account),
        kind=ctx.gettext(KIND_LABELS[account.administrator]) if account.administrator else "",
        source=_source_words(request, account),
        may_adopt=not hindrance and reach_of(ctx, "core.run_sync").is_everywhere,
        why=_why(request, account),
        sync_url=_sync_url(account),
        posts=[_post(request, tree, post) for post in posts_of(account.id)],
        sessions_total=len(live_sessions(account.id, ctx.now)),
        has_second_factor=second_factor_of(account.id) is not None,
        attempts_total=counted_attempts(account.id, account.login),
        password=_password_words(request, account),
        changes=_changes(request, account),
    )


def _source_words(request: Request, account: Account) -> str:
    say = request.catalogue.gettext
    if account.source == "ldap" and account.directory is not None:
        return say("目录：%(name)s", name=account.directory.name)
    return say(SOURCE_LABELS.get(account.source, account.source))


def _why(request: Request, account: Account) -> str:
    """Who or what brought the account into its state; the time stands beside it."""
    say = request.catalogue.gettext
    if account.state == "active":
        return ""
    if account.disabled_reason == "directory":
        return say("目录同步：此人在目录中已停用或不存在")
    action = {"disabled": "core.disable_account", "archived": "core.archive_account"}
    row: Any = (
        AuditRecord.select()
        .where(
            (AuditRecord.realm == REALM)
            & (AuditRecord.record_id == account.id)
            & (AuditRecord.action == action[account.state])
        )
        .order_by(AuditRecord.id.desc())
        .first()
    )
    if row is None:
        return say("没有记录")
    reason = msgspec.json.decode(row.detail).get("reason", "")
    return say("%(who)s：%(reason)s", who=_who(request, row.account_id), reason=reason)


def _sync_url(account: Account) -> str:
    """The page of the synchronisation that disabled the account; empty where none did."""
    if account.state == "active" or account.disabled_reason != "directory":
        return ""
    run = disabling_run(account)
    return f"/-/console/sync/{run.uid}" if run is not None else ""


def _password_words(request: Request, account: Account) -> str:
    say = request.catalogue.gettext
    if account.source != "local":
        return say("由目录保管")
    if account.password_hash is None:
        return say("还没有密码，不能登录")
    return say("初始密码，登录时须修改") if account.must_change_password else say("已设置")


def _post(request: Request, tree: UnitTree, post: Post) -> dict[str, Any]:
    say = request.catalogue.gettext
    return {
        "id": post.id,
        "unit": unit_words(tree, post.unit_id),
        "title": post.title,
        "rank": post.rank,
        "nature": say(NATURE_LABELS.get(post.nature, post.nature)),
        "is_regular": post.nature == "regular",
        "is_leader": post.is_leader,
        "is_primary": post.is_primary,
        "is_active": post.is_active,
        "starts_on": post.starts_on,
        "ends_on": post.ends_on,
        "is_ours": post.source == "local",
    }


def _changes(request: Request, account: Account) -> list[dict[str, Any]]:
    rows: Any = (
        AuditRecord.select()
        .where((AuditRecord.realm == REALM) & (AuditRecord.record_id == account.id))
        .order_by(AuditRecord.id.desc())
        .limit(CHANGES_SHOWN)
    )
    say = request.catalogue.gettext
    return [
        {
            "at": row.at,
            "text": say(ACTIONS.get(row.action, row.action)),
            "who": _who(request, row.account_id),
        }
        for row in rows
    ]


def _who(request: Request, account_id: int | None) -> str:
    say = request.catalogue.gettext
    if account_id is None:
        return say("命令行")
    found = Account.get_or_none(Account.id == account_id)
    return found.name if found else say("未知")


def new_account(request: Request) -> Any:
    """The form for a local account."""
    return _new_page(request, _new_form(request))


def create_account(request: Request) -> Any:
    """Creates a local account; its initial password is issued from its page."""
    form = _new_form(request)
    if not form.validate():
        return _new_page(request, form, 422)
    contact = {
        name: (form[name].data or "").strip() for name in ("phone", "mobile", "mail", "room")
    }
    unit = Unit.get(Unit.code == form.unit.data)
    login, name = str(form.login.data).lower(), str(form.name.data).strip()
    try:
        account = create_person(
            login,
            name,
            unit,
            by(request.person),
            title=(form.title.data or "").strip(),
            contact=contact,
        )
    except (Conflict, Invalid) as refused:
        field = "login" if isinstance(refused, Conflict) else "name"
        form.add_error(field, refused.what, **refused.params)
        return _new_page(request, form, 422)
    return redirect(f"{URL}/{account.uid}", "账号已建立。请发放初始密码。")


def _new_form(request: Request) -> NewPersonForm:
    form = NewPersonForm(request)
    tree = unit_tree(request.session.units_epoch)
    form.unit.choices = unit_choices(tree, reach_of(request.person).covers)
    return form


def _new_page(request: Request, form: NewPersonForm, status: int = 200) -> Any:
    return page("core/console_person_new.html", status=status, form=form)


def edit_account(request: Request) -> Any:
    """The form for name and contact."""
    account = managed(request.person, request.params["uid"])
    _refuse_directory(account)
    return _edit_page(account, PersonForm(request, account))


def update_account(request: Request) -> Any:
    """Changes name and contact."""
    account = managed(request.person, request.params["uid"])
    _refuse_directory(account)
    form = PersonForm(request, account)
    if not form.validate():
        return _edit_page(account, form, 422)
    values = {field.name: str(field.data or "").strip() for field in form}
    try:
        change_contact(account, values, by(request.person))
    except Invalid as refused:
        form.add_error("name", refused.what, **refused.params)
        return _edit_page(account, form, 422)
    return redirect(f"{URL}/{account.uid}", "已保存。")


def _refuse_directory(account: Account) -> None:
    if account.source != "local":
        problem: Problem = Forbidden(
            N_("此人的姓名和联系方式来自目录，不能在这里更改。"),
            remedy=N_("请在目录中更改，下次同步后生效。"),
        )
        raise problem


def _edit_page(account: Account, form: PersonForm, status: int = 200) -> Any:
    url = f"{URL}/{account.uid}"
    return page("core/console_person_edit.html", status=status, form=form, account=account, url=url)


PAGES = (
    Page("console/people/new", new_account, PEOPLE),
    Page("console/people/new", create_account, PEOPLE, methods=("POST",)),
    Page("console/people/{uid}", show_account, PEOPLE),
    Page("console/people/{uid}/edit", edit_account, PEOPLE),
    Page("console/people/{uid}/edit", update_account, PEOPLE, methods=("POST",)),
)
