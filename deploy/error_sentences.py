"""Every error code of the source with its sentence, read out of the code itself.

Codes stand in four places: as the first argument of an OperatorError (or of a function of
the same file that builds one), as `code` of a Problem's class, as `code=` where a Problem is
raised, and in tables of (…, code, sentence). What an f-string fills in is shown in braces.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

CODE = re.compile(r"[A-Z]{2,5}-\d{3}")
NO_CODES = {"SHA-256"}
SAID = re.compile(r"\[(?P<code>[A-Z]{2,5}-\d{3})\] (?P<zh>.*?)\n\s*(?P<en>.*)", re.S)
CHINESE = re.compile(r"[\u2e80-\u9fff]")
PARTS = ("what", "unaffected", "remedy")
NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Sentence:
    """One code. `en` is empty where the catalogue translates `zh`, part by part."""

    code: str
    zh: tuple[str, ...]
    en: str = ""


@dataclass(frozen=True, slots=True)
class ProblemClass:
    """What a class of Problem says by itself."""

    base: str
    values: Mapping[str, str]


def sentences(paths: list[Path]) -> list[Sentence]:
    """All codes of these files, sorted; each code once."""
    trees = [ast.parse(path.read_text("utf-8")) for path in paths]
    classes = dict(entry for tree in trees for entry in _classes(tree))
    found: dict[str, Sentence] = {}
    for tree in trees:
        for sentence in [*_raised(tree, classes), *_tabled(tree, classes), *_said(tree)]:
            found.setdefault(sentence.code, sentence)
    for name in classes:
        if code := _inherited(classes, name, "code"):
            found.setdefault(code, Sentence(code, _parts(classes, name)))
    return [found[code] for code in sorted(found)]


def _classes(tree: ast.Module) -> Iterator[tuple[str, ProblemClass]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.bases:
            values = {
                target.id: text(statement.value)
                for statement in node.body
                if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value
                for target in (
                    statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                )
                if isinstance(target, ast.Name)
            }
            yield node.name, ProblemClass(ast.unparse(node.bases[0]), values)


def _inherited(classes: Mapping[str, ProblemClass], name: str, part: str) -> str:
    """A part of what a class of Problem says; empty for any other class."""
    own = classes.get(name)
    if own is None:
        return ""
    if own.base != "Exception" and own.base not in classes:
        return ""
    return own.values[part] if part in own.values else _inherited(classes, own.base, part)


def _parts(classes: Mapping[str, ProblemClass], name: str) -> tuple[str, ...]:
    return tuple(said for part in PARTS if (said := _inherited(classes, name, part)))


def _raised(tree: ast.Module, classes: Mapping[str, ProblemClass]) -> Iterator[Sentence]:
    builders = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    for function in [*builders.values(), tree]:
        names = _assigned(function)
        for node in ast.walk(function):
            if isinstance(node, ast.Call):
                yield from _of_call(node, names, builders, classes)


def _of_call(
    node: ast.Call,
    names: Mapping[str, str],
    builders: Mapping[str, ast.FunctionDef],
    classes: Mapping[str, ProblemClass],
) -> Iterator[Sentence]:
    called = ast.unparse(node.func).rpartition(".")[2]
    first = text(node.args[0], names) if node.args else ""
    given = {keyword.arg: text(keyword.value, names) for keyword in node.keywords}
    if CODE.fullmatch(given.get("code", "")) and called in classes:
        said = {part: _inherited(classes, called, part) for part in PARTS} | given
        yield Sentence(given["code"], (first or said["what"], said["unaffected"], said["remedy"]))
    elif CODE.fullmatch(first) and first not in NO_CODES and len(node.args) > 1:
        words = [text(argument, names) for argument in node.args[1:]]
        if called in builders:
            parameters = [a.arg for a in builders[called].args.args]
            passed = dict(zip(parameters, [first, *words], strict=False))
            words = _built(builders[called], passed)
        zh = next((word for word in words if CHINESE.search(word)), "")
        en = next((word for word in words if word and not CHINESE.search(word)), "")
        yield Sentence(first, (zh,), en)


def _built(builder: ast.FunctionDef, passed: Mapping[str, str]) -> list[str]:
    """The sentences a function builds from what it is given; what is no text stays open."""
    known = {name: value for name, value in passed.items() if value}
    for node in ast.walk(builder):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "OperatorError":
            return [text(argument, known) for argument in node.args[1:]]
    return []


def _tabled(tree: ast.Module, classes: Mapping[str, ProblemClass]) -> Iterator[Sentence]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Tuple) and len(node.elts) == 3:
            _, code, said = (text(element) for element in node.elts)
            if CODE.fullmatch(code):
                _, *rest = _parts(classes, "Unavailable")
                yield Sentence(code, (said, *rest))


def _said(tree: ast.Module) -> Iterator[Sentence]:
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and (match := SAID.match(text(node))):
            yield Sentence(match["code"], (match["zh"],), match["en"])


def _assigned(function: ast.AST) -> dict[str, str]:
    """Texts a function keeps under a name; of two alternatives the first."""
    return {
        node.targets[0].id: text(node.value)
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


def text(node: ast.expr, names: Mapping[str, str] = NOTHING) -> str:
    """A text as the reader sees it; empty where the node is no text."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(_filled(part, names) for part in node.values)
    if isinstance(node, ast.BinOp):
        return text(node.left, names) + (text(node.right, names) or "…")
    if isinstance(node, ast.IfExp) and isinstance(node.body, ast.JoinedStr):
        return text(node.body, names)
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "N_":
        return text(node.args[0], names)
    return ""


def _filled(part: ast.expr, names: Mapping[str, str]) -> str:
    if not isinstance(part, ast.FormattedValue):
        return text(part, names)
    value = part.value
    if isinstance(value, ast.Name):
        return names.get(value.id) or f"{{{value.id}}}"
    return f"{{{value.attr}}}" if isinstance(value, ast.Attribute) else "…"
