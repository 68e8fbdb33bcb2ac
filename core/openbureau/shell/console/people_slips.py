"""Slips with initial passwords (初始密码条), to be cut and handed over.

The passwords are made when the slips are asked for and stand in that answer alone: a page
to come back to would need them stored.
"""

from collections.abc import Sequence
from typing import Any

from starlette.datastructures import FormData

from openbureau.base.declarations import Page
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.accounts.acts import by
from openbureau.kernel.accounts.administration import initial_passwords, issue_passwords
from openbureau.kernel.accounts.listing import Wanted, people_ids
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.accounts.oversight import PEOPLE, hindrance_to, managed, reach_of
from openbureau.kernel.accounts.password_rules import INITIAL_DAYS
from openbureau.kernel.accounts.posts import primary_units
from openbureau.kernel.units.queries import unit_tree
from openbureau.shell.console.people_labels import unit_words

URL = "/-/console/people"
SLIPS = 1000
KEY_DIGITS = 18


def create_slips(request: Request) -> Any:
    """Initial passwords for chosen people who never had one, or never used it."""
    form = request.form if request.form is not None else FormData()
    ids = _asked(request, form)
    accounts = _waiting(request, ids)
    skipped = len(ids) - len(accounts)
    if not accounts:
        notice = N_("所选人员都已有密码，或不由本系统管理密码，没有需要打印的。")
        return redirect(f"{URL}?only=new", notice)
    initials = initial_passwords(accounts)
    with request.writing():
        managed_now = {account.id for account in _waiting(request, ids)}
        initials = [initial for initial in initials if initial.account.id in managed_now]
        issued = issue_passwords(initials, by(request.person))
    return slips_page(request, issued, skipped, URL)


def create_slip(request: Request) -> Any:
    """A new initial password for one person, whatever they had."""
    account = managed(request.person, request.params["uid"])
    initials = initial_passwords([account])
    with request.writing():
        managed(request.person, account.uid)
        issued = issue_passwords(initials, by(request.person))
    return slips_page(request, issued, 0, f"{URL}/{account.uid}")


def confirm_slip(request: Request) -> Any:
    """Asks whether."""
    account = managed(request.person, request.params["uid"])
    say = request.catalogue.gettext
    return page(
        "core/confirm.html",
        heading=say("发放新的初始密码？"),
        lines=[
            f"{account.name} · {account.login}",
            say("请先确认来人的身份。原来的密码立即失效，此人已登录的全部结束。"),
            say("新密码只显示一次，请准备好打印。"),
        ],
        action=request.path,
        hidden=[],
        submit_label=say("发放并显示"),
        cancel_url=f"{URL}/{account.uid}",
        form=None,
    )


def _asked(request: Request, form: FormData) -> Sequence[int]:
    """The chosen accounts, or everybody in reach without a password; at most a thousand."""
    if form.get("select_all") == "1":
        return people_ids(reach_of(request.person), Wanted(has_no_password=True), SLIPS)
    chosen = [str(value) for value in form.getlist("account")]
    return [int(v) for v in chosen if v.isdecimal() and len(v) < KEY_DIGITS][:SLIPS]


def _waiting(request: Request, ids: Sequence[int]) -> list[Account]:
    """Those of them who wait for their first password and are this person's to manage."""
    found = Account.select().where(Account.id.in_(list(ids)) & (Account.source == "local"))
    waiting = [
        account
        for account in found.where(
            (Account.state == "active")
            & (Account.last_sign_in_at.is_null())
            & (Account.password_hash.is_null() | Account.must_change_password)
        )
        if not hindrance_to(request.person, account)
    ]
    return sorted(waiting, key=lambda account: account.pinyin)


def slips_page(
    request: Request, issued: Sequence[tuple[Account, str]], skipped: int, back: str
) -> Any:
    """The slips of passwords just issued, in official order; `back` is where to go then."""
    tree = unit_tree(request.session.units_epoch)
    order = {unit.id: place for place, unit in enumerate(tree.nodes)}
    units = primary_units([account.id for account, _ in issued])
    slips = [
        {
            "place": unit_words(tree, units.get(account.id)),
            "name": account.name,
            "login": account.login,
            "password": password,
        }
        for account, password in sorted(
            issued, key=lambda pair: order.get(units.get(pair[0].id, 0), 0)
        )
    ]
    scheme = "https" if request.is_secure else "http"
    return page(
        "core/console_slips.html",
        slips=slips,
        skipped=skipped,
        days=INITIAL_DAYS,
        site=f"{scheme}://{request.headers.get('host', '')}",
        back=back,
    )


PAGES = (
    Page("console/people/slips", create_slips, PEOPLE, methods=("POST",), is_self_managed=True),
    Page("console/people/{uid}/slip", confirm_slip, PEOPLE),
    Page("console/people/{uid}/slip", create_slip, PEOPLE, methods=("POST",), is_self_managed=True),
)
