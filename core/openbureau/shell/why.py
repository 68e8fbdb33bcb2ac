"""为什么: a person asks why they may or may not; what it says is shared with the console."""

from collections.abc import Callable, Mapping
from typing import Any

from openbureau.base.declarations import Page
from openbureau.base.i18n import N_
from openbureau.base.pages import page
from openbureau.base.request import Request
from openbureau.kernel.access.explanation import Explanation, explained
from openbureau.kernel.access.wording import KINDS
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.units.queries import unit_tree
from openbureau.shell.questions import (
    OWN_PERMISSION,
    Unanswerable,
    permission_choices,
    question_of,
)

_LAMPS = {"allow": "ok", "deny": "late", "neutral": "pause"}


def show_why(request: Request) -> Any:
    """Why the person may or may not open a page, in the identity they act in."""
    ctx = request.person
    path = request.query.get("page", "").strip()[:500]
    permission = request.query.get("permission", "").strip()[:100]

    def answered() -> Any:
        if not (path or permission):
            return None
        own = Account.get_by_id(ctx.account.id)
        return answer_lines(request, ask(request, own, permission, path, own=True))

    shown = {"path": path, "permission": permission}
    return question_page(request, "core/why.html", answered, shown)


def question_page(
    request: Request, template: str, answered: Callable[[], Any], shown: Mapping[str, Any]
) -> Any:
    """The page of a question, with its answer or why there is none; what is `shown` besides
    may be filled while it is answered."""
    answer, refused = None, ""
    try:
        answer = answered()
    except Unanswerable as fault:
        say = request.catalogue.gettext
        refused = say(fault.what, **fault.params) + say(fault.remedy)
    return page(
        template,
        status=422 if refused else 200,
        permissions=labelled_permissions(request),
        answer=answer,
        refused=refused,
        **shown,
    )


def ask(
    request: Request, account: Account, permission: str, reference: str, *, own: bool = False
) -> Explanation:
    """The explanation of what was typed. Raises Unanswerable: it makes no sense."""
    app, ctx = request.app, request.person
    question = question_of(
        permission or OWN_PERMISSION,
        reference,
        app.routes,
        app.plugins,
        unit_tree(ctx.tree_version),
    )
    post_id = ctx.post.id if own and ctx.post else None
    return explained(account, question, app.plugins, request.catalogue, ctx.now, post_id)


def answer_lines(request: Request, found: Explanation) -> dict[str, Any]:
    """An explanation in the person's language, as both pages show it."""
    catalogue = request.catalogue
    labels = dict(permission_choices(request.app.plugins))
    permission = found.question.permission
    return {
        "is_allowed": found.is_allowed,
        "permission": permission,
        "label": catalogue.gettext(labels.get(permission, "")),
        "lines": [
            {
                "lamp": _LAMPS[each.effect],
                "effect": _effect(request, each.effect),
                "kind": catalogue.gettext(KINDS[each.kind]),
                "text": each.words.said(catalogue),
                "source": _source(request, each.source),
                "reference": each.source,
                "since": each.since,
                "by": each.by,
            }
            for each in found.lines
        ],
    }


def _effect(request: Request, effect: str) -> str:
    say = request.catalogue.gettext
    return {"allow": say("允许"), "deny": say("不允许"), "neutral": say("无影响")}[effect]


def _source(request: Request, source: str) -> str:
    """`grant:7` as `编号 7`: the kind stands beside it; a code stays as it is."""
    code = source.partition(":")[2]
    return (
        request.catalogue.gettext(N_("编号 %(number)s"), number=code) if code.isdecimal() else code
    )


def labelled_permissions(request: Request) -> list[tuple[str, str]]:
    """(code, `label（code）`) of every permission, in the person's language."""
    say = request.catalogue.gettext
    return [
        (code, say("%(label)s（%(code)s）", label=say(label), code=code))
        for code, label in permission_choices(request.app.plugins)
    ]


PAGES = (Page("why", show_why, "signed-in"),)
