"""How text becomes tokens: Chinese in pairs of characters, letters and digits in runs.

Pairs find every word of two or more characters wherever it stands; a dictionary would
miss names of firms and equipment. The same cutting serves the index and the question.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# Han with extensions and the private use area, where old systems keep rare names; kana.
_HAN = "\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\ue000-\uf8ff\U00020000-\U0003ffff"
_RUN = re.compile(rf"(?P<han>[{_HAN}]+)|(?P<digits>\d+)|(?P<letters>[^\W\d_{_HAN}]+)")
PREFIX_LENGTHS = range(2, 41)
# Before the tokens of a title, where one array holds them all.
TITLE = "t_"


@dataclass(frozen=True, slots=True)
class Phrase:
    """Tokens that must stand next to each other; a lone character stands for any pair with it."""

    tokens: tuple[str, ...]
    is_single: bool = False


def folded(text: str) -> str:
    """Text with full-width forms made half-width, and lower case."""
    return unicodedata.normalize("NFKC", text).casefold()


def stream(text: str) -> list[str]:
    """The tokens of a text in order; each Chinese run ends with its last character alone."""
    tokens: list[str] = []
    for match in _RUN.finditer(folded(text)):
        run = match.group()
        if match.lastgroup == "han":
            tokens += _pairs(run)
            tokens.append(run[-1])
        else:
            tokens.append(run)
    return tokens


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)]


def characters(text: str) -> set[str]:
    """Every Chinese character of a text, for indexes that cannot look up by beginnings."""
    return {c for m in _RUN.finditer(folded(text)) if m.lastgroup == "han" for c in m.group()}


def beginnings(words: Iterable[str]) -> set[str]:
    """All beginnings, from two characters on, of pinyin, initials and codes, so that they are
    found while being typed."""
    return {
        word[:length]
        for given in words
        for word in folded(given).split()
        for length in PREFIX_LENGTHS
        if length <= len(word)
    }


def phrases(words: str) -> list[Phrase]:
    """What a question asks for; all of it must be found. Empty when nothing can be asked."""
    found: list[Phrase] = []
    for word in folded(words).split():
        plain: list[str] = []
        for match in _RUN.finditer(word):
            run = match.group()
            if match.lastgroup != "han":
                plain.append(run)
                continue
            found += _plain_phrase(plain)
            plain = []
            found.append(
                Phrase((run,), is_single=True) if len(run) == 1 else Phrase(tuple(_pairs(run)))
            )
        found += _plain_phrase(plain)
    return list(dict.fromkeys(found))


def _plain_phrase(tokens: Sequence[str]) -> list[Phrase]:
    return [Phrase(tuple(tokens))] if tokens else []


def marked(text: str, words: str) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether it is one of the words asked for."""
    # Folded character by character: positions must stay those of the text as shown.
    plain = "".join(f if len(f := folded(c)) == 1 else c for c in text)
    is_hit = [False] * len(text)
    for match in _RUN.finditer(folded(words)):
        at = plain.find(match.group())
        while at >= 0:
            is_hit[at : at + len(match.group())] = [True] * len(match.group())
            at = plain.find(match.group(), at + 1)
    pieces: list[tuple[str, bool]] = []
    start = 0
    for index in range(1, len(text) + 1):
        if index == len(text) or is_hit[index] != is_hit[start]:
            pieces.append((text[start:index], is_hit[start]))
            start = index
    return pieces
