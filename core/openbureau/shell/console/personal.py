"""个人信息: which registers hold what of whom, why and how long (安全管理员)."""

from typing import Any

from wtforms import BooleanField, IntegerField, StringField
from wtforms.validators import InputRequired, Length, NumberRange

from openbureau.base.declarations import MenuEntry, Page
from openbureau.base.errors import Invalid, NotFound
from openbureau.base.forms import Form
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.access.grants import granted_accounts
from openbureau.kernel.accounts.models import Account
from openbureau.kit.registers.acting import register_of
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.publicity import publicity
from openbureau.kit.registers.retention import (
    MOST_YEARS,
    choices_of,
    choose_term,
    ended_on,
    over_total,
    personal_columns,
    term_of,
    with_personal_data,
)

PERMISSION = "core.manage_personal_data"
BASE = "/-/console/personal"
KINDS = {
    "name": N_("姓名"),
    "phone": N_("固定电话"),
    "mobile": N_("移动电话"),
    "id_number": N_("证件号码"),
    "address": N_("地址"),
    "mail": N_("电子邮箱"),
}


class TermForm(Form):
    """How long personal data of one register is kept."""

    years = IntegerField(N_("保存年数"), [InputRequired(), NumberRange(1, MOST_YEARS)])
    basis = StringField(
        N_("依据"),
        [InputRequired(), Length(max=300)],
        description=N_("法律、标准或本单位制度的名称和条款。"),
    )
    is_carried_out = BooleanField(
        N_("到期自动清除"),
        description=N_("每天凌晨清除到期记录中的个人信息；记录本身保留，清除后不能恢复。"),
    )


def list_personal(request: Request) -> Any:
    """Every register with personal data: its columns, purposes, readers and terms."""
    rows = [_row(request, register) for register in with_personal_data(request.app.plugins)]
    return page("core/console_personal.html", rows=rows, base=BASE)


def _row(request: Request, register: Register) -> dict[str, Any]:
    say = request.catalogue.gettext
    term, columns = term_of(register), personal_columns(register)
    purposes: dict[str, list[str]] = {}
    for column in columns:
        purposes.setdefault(say(column.purpose), []).append(say(column.label))
    return {
        "url": f"{BASE}/{register.realm}",
        "label": say(register.label),
        "realm": register.realm,
        "columns": [
            (say(column.label), say(KINDS[column.personal]))
            for column in personal_columns(register)
        ],
        "purposes": [(purpose, say("、").join(names)) for purpose, names in purposes.items()],
        "publicity": publicity(register, say),
        "readers": len(granted_accounts(register.personal)),
        "total": register.model.select().count(),
        "term": term,
        "over": over_total(register, term.years, request.person.today) if term else 0,
    }


def show_personal(request: Request) -> Any:
    """One register: its personal data, the term, and what the term would empty now."""
    register = _register(request)
    return _term_page(request, register, TermForm(request, term_of(register)))


def _register(request: Request) -> Register:
    realm = f"{request.params['slug']}/{request.params['noun']}"
    try:
        register = register_of(request.app.plugins, realm)
    except LookupError as missing:
        raise NotFound from missing
    if not personal_columns(register):
        raise NotFound
    return register


def _term_page(request: Request, register: Register, form: TermForm, status: int = 200) -> Any:
    choices = choices_of(register)
    ids = {choice.account_id for choice in choices}
    people: Any = Account.select(Account.id, Account.name).where(Account.id.in_(ids)).tuples()
    names = dict(people)
    since = register.retention and register.by_name[register.retention.since]
    term = term_of(register)
    return page(
        "core/console_personal_term.html",
        status=status,
        form=form,
        row=_row(request, register),
        since=since and request.catalogue.gettext(since.label),
        ended_on=ended_on(term.years, request.person.today) if term else None,
        choices=[(choice, names.get(choice.account_id, "")) for choice in choices],
        base=BASE,
    )


def save_term(request: Request) -> Any:
    """Decides how long personal data of a register is kept."""
    register = _register(request)
    form = TermForm(request)
    if not form.validate():
        return _term_page(request, register, form, Invalid.status)
    carried_out = bool(form.is_carried_out.data)
    if carried_out and register.retention is None:
        form.is_carried_out.errors = [
            request.catalogue.gettext(N_("这个台账没有说明从哪一天起算，不能自动清除。"))
        ]
        return _term_page(request, register, form, Invalid.status)
    choose_term(
        request.person,
        register,
        int(form.years.data or 0),
        str(form.basis.data).strip(),
        is_carried_out=carried_out,
    )
    return redirect(BASE, "已保存。")


PAGES = (
    Page("console/personal", list_personal, PERMISSION),
    Page("console/personal/{slug}/{noun}", show_personal, PERMISSION),
    Page("console/personal/{slug}/{noun}", save_term, PERMISSION, methods=("POST",)),
)
MENU = (MenuEntry(N_("个人信息"), BASE, PERMISSION, N_("权限与安全"), "user", 946),)
