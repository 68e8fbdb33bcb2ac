"""离任交接: everything a leaver holds, moved to a successor in one signed step (系统管理员)."""

from dataclasses import dataclass
from typing import Any

from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from openbureau.base.declarations import MenuEntry, Page
from openbureau.base.forms import CheckboxGroupField, Form
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.accounts.queries import account_by_uid
from openbureau.kernel.audit.seal import signing_key
from openbureau.kernel.handover.holdings import KINDS, Holding, open_todo_totals
from openbureau.kernel.handover.queries import LATEST, handovers, people_named
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.picker import PartiesField
from openbureau.shell.directory import STATE_LABELS
from openbureau.shell.handover_plans import (
    PERMISSION,
    PLUGIN,
    POST_KIND,
    HandoverPlan,
    Held,
    carry_out,
    held_by,
)
from openbureau.shell.handover_sheets import INTENDED, sheet_line
from openbureau.shell.handover_sheets import PAGES as SHEET_PAGES

BASE = "/-/console/handovers"


class HandoverForm(Form):
    """To whom, what, and which posts end."""

    successor = PartiesField(
        N_("接收人"), [InputRequired()], kinds=("person",), multiple=False, within=PERMISSION
    )
    kinds = CheckboxGroupField(
        N_("移交内容"), description=N_("不选的内容留在原处，日后可以再办一次交接。")
    )
    ended_posts = CheckboxGroupField(N_("结束任职"), description=N_("今天起不再担任。"))
    passed_posts = CheckboxGroupField(
        N_("由接收人接任"), description=N_("只能选上面已经结束的职务。")
    )
    reason = TextAreaField(N_("事由"), [InputRequired(), Length(max=500)])


@dataclass(frozen=True, slots=True)
class Wizard:
    """The leaver with all that is held, and the form."""

    held: Held
    form: HandoverForm

    @property
    def leaver(self) -> Account:
        return self.held.leaver

    @property
    def url(self) -> str:
        return f"{BASE}/{self.held.leaver.uid}"

    def plan(self, successor: Account) -> HandoverPlan:
        """What the form asks for."""
        form = self.form
        return HandoverPlan(
            self.held,
            successor,
            form.kinds.data or (),
            [int(value) for value in form.ended_posts.data or ()],
            [int(value) for value in form.passed_posts.data or ()],
            form.reason.data or "",
        )


def list_handovers(request: Request) -> Any:
    """Finding the person who leaves, and the handovers so far of people named like this."""
    ctx = request.person
    words = request.query.get("q", "").strip()[:60]
    people = [row for row in people_named(words) if _is_in_reach(request, row.unit_id)]
    totals = open_todo_totals([row.id for row in people])
    tree = unit_tree(ctx.tree_version)
    reach = ctx.reach[PERMISSION]
    say = ctx.gettext
    return page(
        "core/console_handovers.html",
        fragment="rows",
        q=words,
        people=[
            {
                "name": row.name,
                "login": row.login,
                "unit_name": tree.by_id[row.unit_id].short_name,
                "title": row.title,
                "state": row.state,
                "state_text": say(STATE_LABELS[row.state]),
                "todos": totals.get(row.id, 0),
                "url": f"{BASE}/{row.uid}",
            }
            for row in people
        ],
        rows=handovers(None if reach.is_everywhere else reach.units, words),
        latest=LATEST,
    )


def _is_in_reach(request: Request, unit_id: int) -> bool:
    return request.person.may_in(PERMISSION, unit_id)


def show_wizard(request: Request) -> Any:
    """What the person holds, and the form."""
    wizard = _wizard(request)
    form = wizard.form
    form.kinds.data = wizard.held.choosable
    return _wizard_page(request, wizard)


def create_handover(request: Request) -> Any:
    """Checks the form, shows what would happen, and on confirmation does exactly that."""
    wizard = _wizard(request)
    form = wizard.form
    intent = request.form.get("intent") if request.form is not None else ""
    is_valid = form.validate()
    passed, ended = set(form.passed_posts.data or ()), set(form.ended_posts.data or ())
    if not passed <= ended:
        form.add_error("passed_posts", N_("接任的职务须先在上面选择结束。"))
        is_valid = False
    successor = _successor(form) if is_valid else None
    if successor is not None and successor.id == wizard.leaver.id:
        form.add_error("successor", N_("接收人不能是离任者本人。"))
        successor = None
    if successor is None:
        return _wizard_page(request, wizard, status=422)
    if intent == "edit":
        return _wizard_page(request, wizard)
    if intent != "confirm":
        return _review_page(request, wizard, successor)
    plan = wizard.plan(successor)
    if request.form is None or request.form.get("plan") != plan.digest:
        return _review_page(request, wizard, successor, is_changed=True)
    secret = signing_key(request.app.settings.data)
    made = carry_out(request.person, request.app.plugins, plan, secret)
    return redirect(f"/-/handovers/{made.uid}", "交接已完成，清单已签名。")


def _successor(form: HandoverForm) -> Account | None:
    uid = form.successor.data[0].partition(":")[2]
    return Account.get_or_none((Account.uid == uid) & (Account.state == "active"))


def _wizard(request: Request) -> Wizard:
    ctx = request.person
    held = held_by(ctx, request.app.plugins, account_by_uid(request.params["uid"]))
    form = HandoverForm(request)
    present = {holding.kind for holding in held.holdings}
    form.kinds.choices = [
        (kind, ctx.gettext(label))
        for kind, label in KINDS.items()
        if kind in present and kind != POST_KIND
    ] + [(PLUGIN + part.slug, part.label) for part in held.plugins]
    posts = [(str(post.id), post.title) for post in held.own_posts]
    form.ended_posts.choices = posts
    form.passed_posts.choices = posts
    return Wizard(held, form)


def _wizard_page(request: Request, wizard: Wizard, status: int = 200) -> Any:
    say = request.catalogue.gettext
    counts = [
        (say(label), sum(h.kind == kind for h in wizard.held.holdings))
        for kind, label in KINDS.items()
    ] + [(held.label, held.total) for held in wizard.held.plugins]
    return page(
        "core/console_handover.html",
        status=status,
        wizard=wizard,
        form=wizard.form,
        counts=[(label, total) for label, total in counts if total],
        failed=[held.label for held in wizard.held.plugins if held.lines is None],
        has_synced_post=any(
            h.kind == POST_KIND and h.detail != "local" for h in wizard.held.holdings
        ),
        lines=[_shown(request, wizard, holding) for holding in wizard.held.holdings],
    )


def _shown(request: Request, wizard: Wizard, holding: Holding) -> dict[str, Any]:
    form = wizard.form
    outcome = {
        "delegation": "ended",
        "grant": "requested",
        "group": "copied",
        "followed": "copied",
    }.get(holding.kind, "moved")
    if holding.kind == POST_KIND:
        key = str(holding.id)
        is_ended = key in (form.ended_posts.data or ())
        outcome = "ended" if is_ended else "kept"
        outcome = "passed" if key in (form.passed_posts.data or ()) else outcome
    return sheet_line(
        request,
        {
            "plugin": "core",
            "kind": holding.kind,
            "title": holding.title,
            "detail": holding.detail,
            "outcome": outcome,
        },
        INTENDED,
    )


def _review_page(
    request: Request, wizard: Wizard, successor: Account, *, is_changed: bool = False
) -> Any:
    form = wizard.form
    hidden = [("successor", form.successor.data[0]), ("reason", form.reason.data or "")]
    for field in (form.kinds, form.ended_posts, form.passed_posts):
        hidden += [(field.name, value) for value in field.data or ()]
    plugin_lines = [
        sheet_line(request, dict(line), INTENDED)
        for held in wizard.held.chosen_plugins(form.kinds.data or ())
        for line in held.plain()
    ]
    return page(
        "core/console_handover_review.html",
        status=409 if is_changed else 200,
        wizard=wizard,
        successor=successor,
        reason=form.reason.data,
        rows=[
            *(
                _shown(request, wizard, holding)
                for holding in wizard.held.chosen(form.kinds.data or ())
            ),
            *plugin_lines,
        ],
        hidden=[*hidden, ("plan", wizard.plan(successor).digest)],
        is_changed=is_changed,
    )


PAGES = (
    Page("console/handovers", list_handovers, PERMISSION),
    Page("console/handovers/{uid}", show_wizard, PERMISSION),
    Page("console/handovers/{uid}", create_handover, PERMISSION, methods=("POST",)),
    *SHEET_PAGES,
)
MENU = (MenuEntry(N_("离任交接"), BASE, PERMISSION, N_("系统管理"), "arrows-exchange", 913),)
