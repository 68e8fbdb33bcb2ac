"""One question to the index, in the language of either database."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from openbureau.base.database import db, is_postgresql
from openbureau.kernel.search.tokens import TITLE, Phrase

# What is asked, and its values.
Condition = tuple[str, list[Any]]


@dataclass(frozen=True, slots=True)
class Question:
    """All `words` must be found; of the tokens in `shown` and in each of `narrowed` one must
    be there. With no `shown` nothing is seen."""

    words: Sequence[Phrase]
    shown: Sequence[str]
    narrowed: Sequence[Sequence[str]] = ()


def total(question: Question) -> int:
    """How many entries the question finds."""
    table, condition = _found(question)
    asked = f"SELECT COUNT(*) FROM {table} WHERE {condition[0]}"  # noqa: S608 - no values in it
    return int(_rows(asked, condition[1])[0][0])


def newest(question: Question, limit: int, *, is_in_title: bool) -> list[int]:
    """The ids of the newest entries that hold the words in their titles, or only elsewhere."""
    table, (where, values) = _found(question, "title" if is_in_title else "rest")
    key = "id" if is_postgresql() else "rowid"
    asked = (
        f"SELECT {key} FROM {table} WHERE {where} "  # noqa: S608 - no values in it
        f"ORDER BY {key} DESC LIMIT {limit:d}"
    )
    return [row[0] for row in _rows(asked, values)]


def taken_part(question: Question, realm: str, holders: Sequence[str]) -> list[tuple[int, bool]]:
    """The ids of entries that one of the holders takes part in and that are not seen anyway,
    each with whether the words are in its title."""
    mark = "%s" if is_postgresql() else "?"
    marks = ", ".join([mark] * len(holders))
    titles, title_values = among(question, "titled")
    found, values = among(question, "unseen")
    asked = (
        f"SELECT DISTINCT e.id, {titles} FROM participant p "  # noqa: S608 - no values in it
        "JOIN search_entry e ON e.realm = p.realm AND e.record_id = p.record_id "
        f"WHERE p.realm = {mark} AND p.holder IN ({marks}) AND {found}"
    )
    rows = _rows(asked, [*title_values, realm, *holders, *values])
    return [(entry_id, bool(is_in_title)) for entry_id, is_in_title in rows]


def among(question: Question, part: str = "") -> Condition:
    """The condition that an entry `e` is found; `part` as in `_found`."""
    table, (where, values) = _found(question, part)
    if is_postgresql():
        return where.replace("tokens", "e.tokens"), values
    return (
        f"e.id IN (SELECT rowid FROM {table} WHERE {where})",  # noqa: S608 - no values in it
        values,
    )


def _found(question: Question, part: str = "") -> tuple[str, Condition]:
    """`part`: "" for all that are seen, of these the ones with the words in the `title` or
    only in the `rest`; `unseen` for all others, `titled` for any with the words there."""
    if is_postgresql():
        return "search_entry", _server(question, part)
    return "search_token", ("search_token MATCH ?", [_embedded(question, part)])


def _embedded(question: Question, part: str) -> str:
    titled = _spoken(question, "title")
    if part == "titled":
        return titled
    shown = _any(question.shown)
    parts = [titled if part == "title" else _spoken(question, "{title tokens}")]
    parts += [_any(tokens) for tokens in question.narrowed]
    if part != "unseen":
        parts.append(shown)
    match = " AND ".join(f"({one})" for one in parts)
    if part == "rest":
        return f"({match}) NOT ({titled})"
    return f"({match}) NOT ({shown})" if part == "unseen" else match


def _spoken(question: Question, columns: str) -> str:
    return " AND ".join(
        f'{columns} : "{phrase.tokens[0]}" *'
        if phrase.is_single
        else f'{columns} : "{" ".join(phrase.tokens)}"'
        for phrase in question.words
    )


def _any(tokens: Sequence[str]) -> str:
    return f"places : ({' OR '.join(tokens)})"


def _server(question: Question, part: str) -> Condition:
    titled = _holding(question.words, TITLE)
    if part == "titled":
        return titled
    shown: Condition = ("tokens && %s::text[]", [list(question.shown)])
    parts = [titled if part == "title" else _holding(question.words, "")]
    parts += [("tokens && %s::text[]", [list(tokens)]) for tokens in question.narrowed]
    parts.append((f"NOT ({shown[0]})", shown[1]) if part == "unseen" else shown)
    if part == "rest":
        parts.append((f"NOT ({titled[0]})", titled[1]))
    return " AND ".join(f"({sql})" for sql, _ in parts), [v for _, given in parts for v in given]


def _holding(words: Sequence[Phrase], prefix: str) -> Condition:
    tokens = sorted({prefix + token for phrase in words for token in phrase.tokens})
    parts, values = ["tokens @> %s::text[]"], [tokens]
    for phrase in words:
        if len(phrase.tokens) > 1:
            # The index knows which tokens are there, not that they are neighbours.
            parts.append("' ' || array_to_string(tokens, ' ') || ' ' LIKE %s")
            spaced = " ".join(prefix + token for token in phrase.tokens)
            values.append(f"% {spaced} %")  # type: ignore[arg-type]
    return " AND ".join(parts), list(values)


def _rows(asked: str, values: Sequence[Any]) -> list[Any]:
    return list(db.execute_sql(asked, values).fetchall())
