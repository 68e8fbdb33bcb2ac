"""权限依据: why somebody may or may not, for administrators (安全管理员, 受托的管单位子树)."""

from typing import Any

from openbureau.base.context import NOWHERE
from openbureau.base.declarations import MenuEntry, Page
from openbureau.base.i18n import N_
from openbureau.base.request import Request
from openbureau.kernel.access.actors import Actor
from openbureau.kernel.access.grants import is_within
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.accounts.queries import account_by_login
from openbureau.shell.questions import Unanswerable
from openbureau.shell.why import answer_lines, ask, question_page

POWER = "core.explain_access"


def show_access(request: Request) -> Any:
    """Why a person in this administrator's reach may or may not."""
    given = {
        name: request.query.get(name, "").strip()[:200]
        for name in ("account", "permission", "reference")
    }
    shown: dict[str, Any] = {"given": given, "subject": None}

    def answered() -> Any:
        if not given["account"]:
            return None
        subject = shown["subject"] = _subject(request, given["account"])
        found = ask(request, subject, given["permission"], given["reference"])
        request.afterwards.append(lambda: _audit(request, subject, given))
        return answer_lines(request, found)

    return question_page(request, "core/console_access.html", answered, shown)


def _subject(request: Request, login: str) -> Account:
    """The account, by login or by the only name like it. Outside the reach it reads as unknown."""
    found = account_by_login(login)
    if found is None:
        named = list(Account.select().where(Account.name == login).limit(2))
        found = named[0] if len(named) == 1 else None
    within = request.person.reach.get(POWER, NOWHERE)
    if found is None or not is_within(found.id, within):
        raise Unanswerable(
            N_("没有找到账号「%(login)s」。"),
            remedy=N_("请写账号；同名的人只能用账号查。"),
            login=login[:60],
        )
    return found


def _audit(request: Request, subject: Account, given: dict[str, str]) -> None:
    detail = {"permission": given["permission"], "reference": given["reference"]}
    Actor.of(request.person).audit("core.explain_access", "core/account", subject.id, detail)


PAGES: tuple[Page, ...] = (Page("console/access", show_access, POWER),)
MENU: tuple[MenuEntry, ...] = (
    MenuEntry(N_("权限依据"), "/-/console/access", POWER, N_("权限与安全"), "user-question", 954),
)
