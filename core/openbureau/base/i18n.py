"""Languages: message ids are the Chinese sentences; English is a complete catalogue.

Screens never depend on a compiled catalogue: without one they are Chinese.
"""

import gettext
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LANGUAGES = ("zh", "en")
DOMAIN = "messages"


def N_(message: str) -> str:  # noqa: N802 - the extraction keyword gettext tools know
    """Marks a message for extraction; it is translated where it is shown."""
    return message


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The messages of one language: the core's first, then plugins' and themes'."""

    language: str
    translations: gettext.NullTranslations

    def gettext(self, message: str, **params: Any) -> str:
        """The message in this language with `%(name)s` filled from `params`."""
        text = self.translations.gettext(message) if message else ""
        return text % params if params else text


def load_catalogues(packages: Iterable[Path]) -> dict[str, Catalogue]:
    """One catalogue per language from the `locale/` folders of these package directories.

    A package further back never overrides a message of one before it.
    """
    folders = list(packages)
    loaded = {}
    for language in LANGUAGES:
        merged: gettext.NullTranslations = gettext.NullTranslations()
        for folder in reversed(folders):
            compiled = folder / "locale" / language / "LC_MESSAGES" / f"{DOMAIN}.mo"
            if compiled.is_file():
                with compiled.open("rb") as stream:
                    found = gettext.GNUTranslations(stream)
                found.add_fallback(merged)
                merged = found
        loaded[language] = Catalogue(language, merged)
    return loaded


def preferred_language(accept: str) -> str:
    """`en` when a browser's Accept-Language puts English before Chinese, otherwise `zh`."""
    for part in accept.lower().split(","):
        tag = part.split(";")[0].strip()
        if tag.startswith("zh"):
            return "zh"
        if tag.startswith("en"):
            return "en"
    return "zh"
