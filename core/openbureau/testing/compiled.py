"""Templates compiled once for each test process, whatever number of bureaus it opens."""

import gettext
import hashlib
from collections.abc import Iterator
from types import CodeType

from jinja2.bccache import Bucket, BytecodeCache

from openbureau.base.request import Application

_codes: dict[tuple[str, str, str], CodeType] = {}


class KnownCode(BytecodeCache):
    """The code of templates whose constants are these."""

    def __init__(self, constants: str) -> None:
        self.constants = constants

    def load_bytecode(self, bucket: Bucket) -> None:
        """Hands over what another bureau compiled."""
        bucket.code = _codes.get((self.constants, bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keeps what this bureau compiled."""
        if bucket.code is not None:
            _codes[self.constants, bucket.key, bucket.checksum] = bucket.code


def share_code(application: Application) -> None:
    """Lets the templates of this application use code compiled for an equal one. What a
    template takes for constant, sentences, addresses of files and macros, is in that code."""
    folders = [str(record.folder) for record in application.plugins.loaded]
    files = sorted(application.assets.by_url)
    worded = {
        language: sorted(_messages(catalogue.translations))
        for language, catalogue in application.catalogues.items()
    }
    for (theme, language), environment in application.environments.items():
        look = str(application.themes[theme].folder) if theme else ""
        given = repr((look, folders, files, language, worded[language]))
        environment.bytecode_cache = KnownCode(hashlib.sha256(given.encode()).hexdigest())


def _messages(found: gettext.NullTranslations | None) -> Iterator[str]:
    while found is not None:
        yield from (f"{key} {text}" for key, text in getattr(found, "_catalog", {}).items())
        found = found._fallback  # type: ignore[attr-defined]
