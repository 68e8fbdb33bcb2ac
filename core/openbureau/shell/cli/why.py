"""`openbureau why`: every rule that lets a person do something, or keeps them from it."""

import datetime as dt
from typing import Any

import click

from openbureau.base.database import reading
from openbureau.base.errors import OperatorError
from openbureau.base.i18n import Catalogue, load_catalogues
from openbureau.kernel.access.explanation import Explanation, explained
from openbureau.kernel.accounts.queries import account_by_login
from openbureau.kernel.units.queries import current_tree
from openbureau.shell.app import zone_routes
from openbureau.shell.cli.options import installation, json_option, report
from openbureau.shell.cli.refusals import refusing
from openbureau.shell.loading import package_folders
from openbureau.shell.questions import question_of

_MARKS = {"allow": "✓", "deny": "✗", "neutral": "·"}


@click.command(
    help="为什么可以或不可以：列出每条有关的规则。Why somebody may or may not, rule by rule."
)
@click.argument("login", metavar="ACCOUNT")
@click.argument("permission")
@click.argument("reference", default="")
@json_option
def why(login: str, permission: str, reference: str, as_json: bool) -> None:
    opened = installation()
    catalogues = load_catalogues(folder for _, folder in package_folders(opened.plugins))
    with reading():
        account = account_by_login(login)
        if account is None:
            raise OperatorError(
                "ACC-001",
                f"没有这些账号：{login}。没有任何改动。",
                f"No such accounts: {login}. Nothing changed.",
            )
        routes = zone_routes(opened.plugins, opened.settings.zone)
        with refusing():
            question = question_of(permission, reference, routes, opened.plugins, current_tree())
        found = explained(
            account, question, opened.plugins, catalogues["zh"], dt.datetime.now(dt.UTC)
        )
    report(_answer(login, reference, found, catalogues), as_json, _lines)


def _answer(
    login: str, reference: str, found: Explanation, catalogues: dict[str, Catalogue]
) -> dict[str, Any]:
    return {
        "account": login,
        "permission": found.question.permission,
        "reference": reference or None,
        "allowed": found.is_allowed,
        "rules": [
            {
                "effect": each.effect,
                "kind": each.kind,
                "text_zh": each.words.said(catalogues["zh"]),
                "text_en": each.words.said(catalogues["en"]),
                "source": each.source,
                "since": each.since.isoformat() if each.since else None,
                "by": each.by or None,
            }
            for each in found.lines
        ],
    }


def _lines(answer: dict[str, Any]) -> list[str]:
    verdict = "允许 allowed" if answer["allowed"] else "不允许 not allowed"
    lines = [f"{answer['account']} {answer['permission']} {answer['reference'] or ''}: {verdict}"]
    for rule in answer["rules"]:
        since = f" [{rule['since']}]" if rule["since"] else ""
        lines.append(f"{_MARKS[rule['effect']]} {rule['text_zh']} {rule['source']}{since}")
        lines.append(f"  {rule['text_en']}")
    return lines
