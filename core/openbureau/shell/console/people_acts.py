"""What is done to one account: disable, enable, archive, reset, posts. Each has a page of its
own that says what will happen and asks why."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from wtforms import BooleanField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange

from openbureau.base.context import CHINA
from openbureau.base.declarations import Page
from openbureau.base.errors import Invalid, NotFound
from openbureau.base.forms import Form
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.accounts.acts import By, by
from openbureau.kernel.accounts.administration import (
    allow_attempts,
    archive_account,
    disable_account,
    enable_account,
    make_local,
    reset_second_factor,
)
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.accounts.oversight import PEOPLE, managed, reach_of
from openbureau.kernel.accounts.posts import (
    NATURE_LABELS,
    Described,
    add_post,
    change_post,
    end_post,
    post_of,
)
from openbureau.kernel.calendar.fields import DateField
from openbureau.kernel.units.queries import unit_tree
from openbureau.shell.console.people_labels import unit_choices, unit_words

URL = "/-/console/people"


class ReasonForm(Form):
    """Why."""

    reason = TextAreaField(N_("理由"), [InputRequired(), Length(max=300)])


class PostForm(Form):
    """A post: where, as what, how and how long."""

    unit = SelectField(N_("单位或处室"), [InputRequired()])
    title = StringField(N_("职务"), [Length(max=100)])
    rank = IntegerField(
        N_("排名"),
        [InputRequired(), NumberRange(1, 9999)],
        default=100,
        description=N_("在本单位内的次序，小的在前。"),
    )
    nature = SelectField(N_("任职性质"))
    is_leader = BooleanField(N_("单位负责人"))
    is_primary = BooleanField(N_("主要任职"))
    starts_on = DateField(N_("开始日期"))
    ends_on = DateField(N_("结束日期"), nearest="future")


class EndPostForm(Form):
    """The last day of a post."""

    ends_on = DateField(
        N_("最后一天"),
        [InputRequired()],
        description=N_("今天或以前：立即终止；以后：到期自动终止。"),
    )


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing done to an account: its question, what it means, and what does it."""

    heading: str
    lines: tuple[str, ...]
    label: str
    done: str
    do: Callable[[Account, str, By], None]


DEEDS: Mapping[str, Deed] = {
    "disable": Deed(
        N_("停用这个账号？"),
        (
            N_("停用后立即不能登录，已登录的全部结束。"),
            N_("待办、任职、角色和历史都保留，随时可以恢复。"),
        ),
        N_("停用"),
        N_("账号已停用。"),
        disable_account,
    ),
    "enable": Deed(
        N_("恢复使用这个账号？"),
        (
            N_("恢复后可以立即登录，任职和角色照旧。"),
            N_("如果账号是目录同步停用的，目录中不恢复，下次同步会再次停用。"),
        ),
        N_("恢复使用"),
        N_("账号已恢复使用。"),
        enable_account,
    ),
    "archive": Deed(
        N_("把这个账号归档？"),
        (N_("归档后不再出现在日常名单中。签名、记录和历史都保留，必要时可以恢复。"),),
        N_("归档"),
        N_("账号已归档。"),
        archive_account,
    ),
    "second-factor": Deed(
        N_("重置此人的动态口令？"),
        (
            N_("请先确认来人的身份：重置后，知道密码的人就能登录。"),
            N_("此人已登录的全部结束；必须使用动态口令的，下次登录时重新设置。"),
        ),
        N_("重置动态口令"),
        N_("动态口令已重置。"),
        reset_second_factor,
    ),
    "attempts": Deed(
        N_("清除此人的失败计数？"),
        (
            N_("请先确认来人的身份，并请其核对密码：清除后可以立即再试。"),
            N_("目录自己的计数和锁定不受影响；再输错几次，目录可能锁定这个账号。"),
        ),
        N_("清除失败计数"),
        N_("失败计数已清除，此人可以立即再试。"),
        allow_attempts,
    ),
    "local": Deed(
        N_("改由本系统管理这个账号？"),
        (
            N_("用于来源目录已经不再使用的账号：此后密码由本系统保管，同步不再更改此人。"),
            N_("任职、角色和历史保留；改后请发放初始密码。"),
        ),
        N_("改由本系统管理"),
        N_("账号已改由本系统管理。请发放初始密码。"),
        make_local,
    ),
}


def show_deed(request: Request) -> Any:
    """Asks whether, and why."""
    deed, account = _deed(request)
    return _deed_page(request, deed, account, ReasonForm(request))


def create_deed(request: Request) -> Any:
    """Does it."""
    deed, account = _deed(request)
    form = ReasonForm(request)
    if not form.validate() or not (form.reason.data or "").strip():
        if not form.errors:
            form.add_error("reason", N_("请填写理由。"))
        return _deed_page(request, deed, account, form, 422)
    deed.do(account, form.reason.data or "", by(request.person))
    return redirect(f"{URL}/{account.uid}", deed.done)


def _deed(request: Request) -> tuple[Deed, Account]:
    deed = DEEDS.get(request.params["name"])
    if deed is None:
        raise NotFound
    return deed, managed(request.person, request.params["uid"])


def _deed_page(
    request: Request, deed: Deed, account: Account, form: Form, status: int = 200
) -> Any:
    say = request.catalogue.gettext
    return page(
        "core/confirm.html",
        status=status,
        heading=say(deed.heading),
        lines=[f"{account.name} · {account.login}", *(say(line) for line in deed.lines)],
        action=request.path,
        hidden=[],
        submit_label=say(deed.label),
        cancel_url=f"{URL}/{account.uid}",
        form=form,
    )


def new_post(request: Request) -> Any:
    """The form for one more post."""
    account = managed(request.person, request.params["uid"])
    return _post_page(request, account, _post_form(request), None)


def create_post(request: Request) -> Any:
    """Gives the person one more post."""
    account = managed(request.person, request.params["uid"])
    form = _post_form(request)
    described = _described(request, form)
    if described is None:
        return _post_page(request, account, form, None, 422)
    try:
        add_post(account, described, by(request.person))
    except Invalid as refused:
        form.add_error("ends_on", refused.what, **refused.params)
        return _post_page(request, account, form, None, 422)
    return redirect(f"{URL}/{account.uid}", "任职已登记。")


def edit_post(request: Request) -> Any:
    """The form for a post."""
    account, post = _post(request)
    return _post_page(request, account, _post_form(request, post), post)


def update_post(request: Request) -> Any:
    """Changes a post."""
    account, post = _post(request)
    form = _post_form(request, post)
    described = _described(request, form)
    if described is None:
        return _post_page(request, account, form, post, 422)
    try:
        change_post(account, post, described, by(request.person))
    except Invalid as refused:
        form.add_error("ends_on", refused.what, **refused.params)
        return _post_page(request, account, form, post, 422)
    return redirect(f"{URL}/{account.uid}", "任职已更改。")


def confirm_end_post(request: Request) -> Any:
    """Asks for the last day of a post."""
    account, post = _post(request)
    return _end_page(request, account, post, EndPostForm(request))


def delete_post(request: Request) -> Any:
    """Ends a post; it stays in the person's history."""
    account, post = _post(request)
    form = EndPostForm(request)
    if not form.validate() or form.ends_on.data is None:
        return _end_page(request, account, post, form, 422)
    today = request.person.now.astimezone(CHINA).date()
    end_post(account, post, form.ends_on.data, today, by(request.person))
    return redirect(f"{URL}/{account.uid}", "任职已终止。")


def _post(request: Request) -> tuple[Account, Post]:
    account = managed(request.person, request.params["uid"])
    return account, post_of(account.id, request.params["id"])


def _post_form(request: Request, post: Post | None = None) -> PostForm:
    values: dict[str, Any] = {"unit": post.unit.code} if post else {"nature": "regular"}
    form = PostForm(request, post, **values)
    if post is not None and request.form is None:
        form.unit.data = post.unit.code
    tree = unit_tree(request.session.units_epoch)
    say = request.catalogue.gettext
    form.unit.choices = unit_choices(tree, reach_of(request.person).covers)
    form.nature.choices = [(code, say(label)) for code, label in NATURE_LABELS.items()]
    return form


def _described(request: Request, form: PostForm) -> Described | None:
    if not form.validate():
        return None
    tree = unit_tree(request.session.units_epoch)
    return Described(
        unit_id=tree.by_code[form.unit.data].id,
        title=(form.title.data or "").strip(),
        rank=form.rank.data or 0,
        nature=form.nature.data,
        is_leader=form.is_leader.data,
        is_primary=form.is_primary.data,
        starts_on=form.starts_on.data,
        ends_on=form.ends_on.data,
    )


def _post_page(
    request: Request, account: Account, form: PostForm, post: Post | None, status: int = 200
) -> Any:
    url = f"{URL}/{account.uid}"
    return page(
        "core/console_post.html",
        status=status,
        form=form,
        account=account,
        url=url,
        action=f"{url}/posts/{post.id}" if post else f"{url}/posts",
        is_new=post is None,
    )


def _end_page(
    request: Request, account: Account, post: Post, form: EndPostForm, status: int = 200
) -> Any:
    say = request.catalogue.gettext
    tree = unit_tree(request.session.units_epoch)
    if request.form is None:
        form.ends_on.data = dt.datetime.now(CHINA).date()
    return page(
        "core/confirm.html",
        status=status,
        heading=say("终止这项任职？"),
        lines=[
            f"{account.name} · {unit_words(tree, post.unit_id)} {post.title}".strip(),
            say("与这项任职有关的角色随之失效；待办请用「离任交接」移交。"),
        ],
        action=request.path,
        hidden=[],
        submit_label=say("终止任职"),
        cancel_url=f"{URL}/{account.uid}",
        form=form,
    )


PAGES = (
    Page("console/people/{uid}/do/{name}", show_deed, PEOPLE),
    Page("console/people/{uid}/do/{name}", create_deed, PEOPLE, methods=("POST",)),
    Page("console/people/{uid}/posts", new_post, PEOPLE),
    Page("console/people/{uid}/posts", create_post, PEOPLE, methods=("POST",)),
    Page("console/people/{uid}/posts/{id:int}", edit_post, PEOPLE),
    Page("console/people/{uid}/posts/{id:int}", update_post, PEOPLE, methods=("POST",)),
    Page("console/people/{uid}/posts/{id:int}/end", confirm_end_post, PEOPLE),
    Page("console/people/{uid}/posts/{id:int}/end", delete_post, PEOPLE, methods=("POST",)),
)
