"""Message catalogues of every distribution: compiles them; `--update` extracts first.

`--update` reads the Chinese messages out of Python and templates, merges them into each
`locale/en/LC_MESSAGES/messages.po` and names what is not translated yet.

In Python a message is an argument of `N_` or `gettext`, the second of `redirect`, or the
first of a Problem; messages in keywords, class attributes and tables are wrapped in `N_`.
"""

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
OPTIONS = {"templates/**.html": {"trimmed": "true", "silent": "false"}}
PROBLEMS = (
    "BadRequest",
    "Conflict",
    "Forbidden",
    "Invalid",
    "NotFound",
    "Problem",
    "TooLarge",
    "TooMany",
    "Unavailable",
)
KEYWORDS = {
    "_": None,
    "N_": None,
    "gettext": None,
    "say": None,
    "redirect": (2,),
    **dict.fromkeys(PROBLEMS),
}
HEADER = """\
# English messages of OpenBureau.
msgid ""
msgstr ""
"Project-Id-Version: OpenBureau\\n"
"Language: en\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
CHINESE_FROM = 0x2E80
WIDTH = 100


def main() -> int:
    """1 when `--update` finds messages without a translation."""
    is_update = "--update" in sys.argv
    untranslated = 0
    for package in packages():
        path = package / "locale/en/LC_MESSAGES/messages.po"
        catalogue = read(path)
        if is_update:
            catalogue = merged(catalogue, extracted(package))
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, catalogue)
            untranslated += report(package, catalogue)
        if path.is_file():
            with path.with_suffix(".mo").open("wb") as stream:
                write_mo(stream, catalogue)
    return 1 if untranslated else 0


def packages() -> list[Path]:
    """Import packages of the workspace, and the plugin that vendors are shown."""
    plugins = ("plugins/*/openbureau_*", "tests/registers/example/openbureau_*")
    found = [path for pattern in plugins for path in sorted(ROOT.glob(pattern))]
    return [ROOT / "core/openbureau", *found]


def read(path: Path) -> Catalog:
    """The catalogue of a file, or an empty one."""
    if not path.is_file():
        return Catalog(locale="en", domain="messages")
    with path.open("rb") as stream:
        return read_po(stream, locale="en", domain="messages")


def extracted(package: Path) -> Catalog:
    """Every Chinese message of a package, with the files it stands in."""
    found = Catalog()
    for name, _line, message, _comments, _context in extract_from_dir(
        package, METHODS, OPTIONS, KEYWORDS
    ):
        for text in [message] if isinstance(message, str) else message:
            if text and any(ord(char) >= CHINESE_FROM for char in text):
                found.add(text, locations=[(name, 0)])
    return found


def merged(translated: Catalog, messages: Catalog) -> Catalog:
    """The messages, each with its known translation."""
    catalogue = Catalog(locale="en", domain="messages")
    for message in messages:
        if message.id:
            known = translated.get(message.id)
            string = known.string if known is not None else ""
            places = sorted({(name, 0) for name, _ in message.locations})
            catalogue.add(message.id, string, locations=places)
    return catalogue


def write(path: Path, catalogue: Catalog) -> None:
    """The catalogue as text, sorted, under a header that never changes by itself."""
    with path.open("wb") as stream:
        stream.write(HEADER.encode())
        write_po(stream, catalogue, sort_output=True, omit_header=True, width=WIDTH)


def report(package: Path, catalogue: Catalog) -> int:
    """Names what has no translation; how many."""
    missing = [message.id for message in catalogue if message.id and not message.string]
    for message in missing:
        sys.stdout.write(f"{package.name}: {message}\n")
    return len(missing)


if __name__ == "__main__":
    sys.exit(main())
