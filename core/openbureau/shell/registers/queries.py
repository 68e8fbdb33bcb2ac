"""Kept queries of a register: naming one, sharing it, changing it, giving it up."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from wtforms import HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from openbureau.base.context import Context
from openbureau.base.declarations import Page
from openbureau.base.errors import Invalid
from openbureau.base.forms import Form
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.registers.addresses import kept_address, narrowing
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.listing import asked_by
from openbureau.kit.registers.phrases import phrases, sentence
from openbureau.kit.registers.saved_queries import (
    LONGEST_NAME,
    MOST,
    KeptQuery,
    arrangement_of,
    change_query,
    delete_query,
    overwrite_query,
    own_query,
    query_text,
    save_query,
    shareable_units,
)
from openbureau.shell.registers.searching import unusable


class QueryForm(Form):
    """What a query is called and whom it is for."""

    name = StringField(N_("名称"), [InputRequired(), Length(max=LONGEST_NAME)])
    unit = SelectField(N_("共享给"), default="", description=N_("该单位及其下属的人都能选用。"))
    address = HiddenField()


def list_queries(register: Register, request: Request) -> Any:
    """The queries this person keeps, and those others share with them."""
    ctx = request.person
    kept = arrangement_of(ctx, register).queries
    return page(
        "kit/register_queries.html",
        register=register,
        own=[_line(ctx, register, each) for each in kept if each.is_own],
        shared=[_line(ctx, register, each) for each in kept if not each.is_own],
        most=MOST,
    )


def _line(ctx: Context, register: Register, kept: KeptQuery) -> dict[str, Any]:
    node = unit_tree(ctx.tree_version).by_id.get(kept.unit_id or 0)
    return {
        "name": kept.name,
        "url": kept.url(register),
        "page": f"{register.url}/queries/{kept.uid}",
        "words": query_words(ctx, register, kept.address),
        "unit": node.short_name if node else "",
        "author": kept.author,
    }


def query_words(ctx: Context, register: Register, text: str) -> str:
    """What a kept address asks, in one sentence."""
    address = kept_address(register, text)
    told = phrases(ctx, register, asked_by(ctx, register, address), narrowing(register, address))
    return sentence(ctx, told) or ctx.gettext("全部记录")


def new_query(register: Register, request: Request) -> Any:
    """Asks for the name of what was just asked."""
    form = _form(register, request)
    form.address.process(None, query_text(register, request))
    return _form_page(register, request, form)


def _refused(register: Register, request: Request, text: str) -> list[str]:
    """Why what an address asks cannot be kept: it says something that cannot be used."""
    ctx = request.person
    return unusable(ctx, asked_by(ctx, register, kept_address(register, text)))


def create_query(register: Register, request: Request) -> Any:
    """Keeps a query and leads back to it."""
    form = _form(register, request)
    text = query_text(register, kept_address(register, form.address.data or ""))
    if not _refused(register, request, text) and form.validate():
        try:
            made = save_query(
                request.person, register, form.name.data or "", text, _unit_id(request, form)
            )
        except Invalid as refused:
            _put(form, refused)
        else:
            return redirect(f"{register.url}?{text}&query={made.uid}", N_("已保存查询方案。"))
    return _form_page(register, request, form, status=422)


def edit_query(register: Register, request: Request) -> Any:
    """The name of a query and whom it is shared with."""
    kept = own_query(request.person, register, request.params["uid"])
    node = unit_tree(request.person.tree_version).by_id.get(kept.unit_id or 0)
    form = _form(register, request, name=kept.name, unit=node.code if node else "")
    form.address.process(None, kept.address)
    return _form_page(register, request, form, kept.uid)


def update_query(register: Register, request: Request) -> Any:
    """Saves another name or another unit."""
    kept = own_query(request.person, register, request.params["uid"])
    form = _form(register, request)
    if form.validate():
        try:
            change_query(
                request.person,
                register,
                kept.uid,
                name=form.name.data or "",
                unit_id=_unit_id(request, form),
            )
        except Invalid as refused:
            _put(form, refused)
        else:
            return redirect(f"{register.url}/queries", N_("已保存。"))
    form.address.process(None, kept.address)
    return _form_page(register, request, form, kept.uid, status=422)


def overwrite(register: Register, request: Request) -> Any:
    """Keeps what the list asks now under the query's name."""
    given = str(request.form.get("address", "")) if request.form is not None else ""
    text = query_text(register, kept_address(register, given))
    if _refused(register, request, text):
        raise Invalid(N_("有的条件不能使用，没有存入。"), remedy=N_("请回到列表改正条件后再存。"))
    kept = overwrite_query(request.person, register, request.params["uid"], text)
    return redirect(f"{register.url}?{text}&query={kept.uid}", N_("已存入这个查询方案。"))


def ask_delete(register: Register, request: Request) -> Any:
    """Asks whether a query is given up."""
    ctx = request.person
    kept = own_query(ctx, register, request.params["uid"])
    say = ctx.gettext
    lines = [kept.name, query_words(ctx, register, kept.address)]
    if kept.unit_id is not None:
        lines.append(say("它是共享的：删除后，别人也不能再选用。"))
    return page(
        "core/confirm.html",
        heading=say("删除查询方案"),
        lines=lines,
        action=f"{register.url}/queries/{kept.uid}/delete",
        hidden=[],
        submit_label=say("删除"),
        cancel_url=f"{register.url}/queries",
        form=None,
    )


def delete(register: Register, request: Request) -> Any:
    """Gives a query up."""
    delete_query(request.person, register, request.params["uid"])
    return redirect(f"{register.url}/queries", N_("已删除查询方案。"))


def _form(register: Register, request: Request, **values: str) -> QueryForm:
    ctx = request.person
    form = QueryForm(request, **values)
    choices = [("", ctx.gettext("不共享"))]
    choices += [(node.code, node.name) for node in shareable_units(ctx, register)]
    if form.unit.data and form.unit.data not in dict(choices) and request.form is None:
        # Shared by an earlier post: it stays until it is chosen anew.
        node = unit_tree(ctx.tree_version).by_code.get(form.unit.data)
        choices.append((form.unit.data, node.name if node else form.unit.data))
    form.unit.choices = choices
    return form


def _unit_id(request: Request, form: QueryForm) -> int | None:
    node = unit_tree(request.person.tree_version).by_code.get(form.unit.data or "")
    return node.id if node else None


def _put(form: QueryForm, refused: Invalid) -> None:
    params = {name: value for name, value in refused.params.items() if name != "field"}
    form.add_error(refused.params.get("field", "name"), refused.what, **params)


def _form_page(
    register: Register, request: Request, form: QueryForm, uid: str = "", status: int = 200
) -> Any:
    ctx = request.person
    text = form.address.data or ""
    return page(
        "kit/register_query.html",
        status=status,
        register=register,
        form=form,
        problems=[] if uid else _refused(register, request, text),
        words=query_words(ctx, register, text),
        action=f"{register.url}/queries/{uid or 'new'}",
        back_url=f"{register.url}/queries" if uid else f"{register.url}?{text}",
        may_share=bool(shareable_units(ctx, register)),
        is_new=not uid,
    )


def pages_of(register: Register) -> Sequence[Page]:
    """The pages about kept queries."""
    base, read = f"{register.noun}/queries", register.read
    one = f"{base}/{{uid}}"

    def get(path: str, view: Any) -> Page:
        return Page(path, partial(view, register), read)

    def post(path: str, view: Any) -> Page:
        return Page(path, partial(view, register), read, methods=("POST",), is_reading=True)

    return (
        get(base, list_queries),
        get(f"{base}/new", new_query),
        post(f"{base}/new", create_query),
        get(one, edit_query),
        post(one, update_query),
        post(f"{one}/overwrite", overwrite),
        get(f"{one}/delete", ask_delete),
        post(f"{one}/delete", delete),
    )
