"""File names that came from outside: made harmless, and written into headers."""

import re
import unicodedata
from urllib.parse import quote

NAME_LENGTH = 150
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)")
_SPECIAL = re.compile(r'[<>:"|?*]')
_EXTENSION = re.compile(r"\.[0-9A-Za-z]{1,8}$")


def cleaned_name(name: str) -> str:
    """The name without path, control and direction-changing characters, reserved words and
    outer dots; in NFC, at most 150 characters, the extension kept."""
    name = unicodedata.normalize("NFC", name)
    name = re.split(r"[/\\]", name)[-1]
    # Cc control, Cf direction and zero-width, Cs lone surrogate, Zl and Zp line breaks.
    name = "".join(
        c for c in name if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Zl", "Zp", "Cn"}
    )
    name = " ".join(_SPECIAL.sub("_", name).split()).rstrip(". ")
    extension = extension_of(name)
    stem = name[: len(name) - len(extension)].strip(". ") or "未命名"
    if _RESERVED.match(stem):
        stem = f"_{stem}"
    return stem[: NAME_LENGTH - len(extension)] + extension


def extension_of(name: str) -> str:
    """The last extension with its dot, as written; empty when there is none."""
    match = _EXTENSION.search(name)
    return match.group(0) if match else ""


def content_disposition(name: str) -> str:
    """The header that makes a browser save the file under this name (RFC 6266, RFC 8187)."""
    extension = extension_of(name)
    stem = name[: len(name) - len(extension)]
    plain = re.sub(r"[^0-9A-Za-z._ -]", "_", stem).strip("_ .") or "file"
    return f"attachment; filename=\"{plain}{extension}\"; filename*=UTF-8''{quote(name, safe='')}"
