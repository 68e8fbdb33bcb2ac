"""Which kinds of file are taken: the extension must be listed and the content agree."""

import codecs
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from openbureau.kernel.files.errors import (
    ArchiveRefused,
    FileTypeMismatch,
    FileTypeRefused,
    MacrosRefused,
)
from openbureau.kernel.files.names import extension_of

MEMBERS = 10_000
DIRECTORY_BYTES = 4 * 1024 * 1024
UNPACKED_FREE_BYTES = 64 * 1024 * 1024
UNPACKED_RATIO = 50
WITH_MACROS = frozenset((".xlsm", ".xltm", ".docm", ".dotm", ".pptm", ".potm"))
BLOCK_BYTES = 64 * 1024

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_ZIP_END = struct.Struct("<4s4H2LH")
_ZIP64_LOCATOR = b"PK\x06\x07"


@dataclass(frozen=True, slots=True)
class FileType:
    """A kind of file: its media type, and whether an open file is of this kind."""

    media_type: str
    is_content: Callable[[BinaryIO], bool]


def checked_type(file: BinaryIO, name: str) -> FileType:
    """The type of a stored file by the extension of its name, the content agreeing.

    Raises FileTypeRefused, FileTypeMismatch, ArchiveRefused, MacrosRefused.
    """
    kind = listed_type(name)
    try:
        agrees = kind.is_content(file)
    except _MacrosError as fault:
        raise MacrosRefused(name=name) from fault
    except _UnsafeArchiveError as fault:
        raise ArchiveRefused(name=name) from fault
    if not agrees:
        raise FileTypeMismatch(name=name)
    return kind


def listed_type(name: str) -> FileType:
    """The type by the extension alone. Raises FileTypeRefused: it is not listed; MacrosRefused:
    it is the one of documents with programs in them."""
    extension = extension_of(name).lower()
    kind = TYPES.get(extension)
    if extension in WITH_MACROS:
        raise MacrosRefused(name=name)
    if kind is None:
        allowed = " ".join(each.removeprefix(".") for each in TYPES)
        raise FileTypeRefused(name=name, allowed=allowed)
    return kind


class _UnsafeArchiveError(Exception):
    """Too many members or a hidden bomb."""


class _MacrosError(Exception):
    """Programs that would run when the document is opened."""


def _starts_with(*signatures: bytes) -> Callable[[BinaryIO], bool]:
    def is_content(file: BinaryIO) -> bool:
        file.seek(0)
        return file.read(16).startswith(signatures)

    return is_content


def _is_webp(file: BinaryIO) -> bool:
    file.seek(0)
    head = file.read(12)
    return head[:4] == b"RIFF" and head[8:] == b"WEBP"


def _is_text(file: BinaryIO) -> bool:
    return any(decodes(file, encoding) for encoding in ("utf-8", "gb18030"))


def decodes(file: BinaryIO, encoding: str) -> bool:
    """Whether a whole file is text in an encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while block := file.read(BLOCK_BYTES):
            if b"\0" in block:
                return False
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_zip(file: BinaryIO) -> bool:
    file.seek(0)
    return file.read(4) in {_ZIP, _EMPTY_ZIP} and _members(file) is not None


def _package(*required: str) -> Callable[[BinaryIO], bool]:
    """Zip-based documents: each required member, or a folder ending in `/`, is there."""

    def is_content(file: BinaryIO) -> bool:
        file.seek(0)
        if file.read(4) != _ZIP:
            return False
        members = _members(file)
        if members is None:
            return False
        if any(name.lower().endswith("vbaproject.bin") for name in members):
            raise _MacrosError
        return all(any(_is_member(name, wanted) for name in members) for wanted in required)

    return is_content


def _is_member(name: str, wanted: str) -> bool:
    return name.startswith(wanted) if wanted.endswith("/") else name == wanted


def _is_open_document(file: BinaryIO) -> bool:
    """OpenDocument; one with macros is not taken."""
    file.seek(0)
    if file.read(4) != _ZIP:
        return False
    members = _members(file)
    if members is None:
        return False
    if any(name.startswith(("Basic/", "Scripts/")) for name in members):
        raise _MacrosError
    return {"mimetype", "content.xml", "META-INF/manifest.xml"} <= set(members)


def _is_office(*folder: str) -> Callable[[BinaryIO], bool]:
    """WPS writes either the old binary container or a zip package."""
    is_package = _package("[Content_Types].xml", *folder)
    is_ole = _starts_with(_OLE)

    def is_content(file: BinaryIO) -> bool:
        return is_ole(file) or is_package(file)

    return is_content


def _members(file: BinaryIO) -> list[str] | None:
    """Names in a zip file, nothing unpacked; None when it is no sound zip file."""
    if not _has_small_directory(file):
        return None
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, ValueError, struct.error):
        return None
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if len(members) > MEMBERS:
        raise _UnsafeArchiveError
    if unpacked > UNPACKED_FREE_BYTES and unpacked > UNPACKED_RATIO * max(packed, 1):
        raise _UnsafeArchiveError
    return [member.filename for member in members]


def _has_small_directory(file: BinaryIO) -> bool:
    """Looks at the end record before zipfile does: it would load a directory of any size."""
    size = file.seek(0, 2)
    start = max(0, size - 0xFFFF - _ZIP_END.size)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(_EMPTY_ZIP)
    if at < 0 or len(tail) - at < _ZIP_END.size:
        return False
    end = _ZIP_END.unpack_from(tail, at)
    # A 64-bit end record would override these numbers; nothing within the limits needs it.
    is_zip64 = tail[max(0, at - 20) : at].startswith(_ZIP64_LOCATOR)
    if is_zip64 or end[4] > MEMBERS or end[5] > DIRECTORY_BYTES:
        raise _UnsafeArchiveError
    return True


_OOXML = "application/vnd.openxmlformats-officedocument"
TYPES = {
    ".pdf": FileType("application/pdf", _starts_with(b"%PDF-")),
    ".ofd": FileType("application/ofd", _package("OFD.xml")),
    ".doc": FileType("application/msword", _starts_with(_OLE)),
    ".xls": FileType("application/vnd.ms-excel", _starts_with(_OLE)),
    ".ppt": FileType("application/vnd.ms-powerpoint", _starts_with(_OLE)),
    ".docx": FileType(
        f"{_OOXML}.wordprocessingml.document", _package("[Content_Types].xml", "word/")
    ),
    ".xlsx": FileType(f"{_OOXML}.spreadsheetml.sheet", _package("[Content_Types].xml", "xl/")),
    ".pptx": FileType(
        f"{_OOXML}.presentationml.presentation", _package("[Content_Types].xml", "ppt/")
    ),
    ".odt": FileType("application/vnd.oasis.opendocument.text", _is_open_document),
    ".ods": FileType("application/vnd.oasis.opendocument.spreadsheet", _is_open_document),
    ".odp": FileType("application/vnd.oasis.opendocument.presentation", _is_open_document),
    ".wps": FileType("application/vnd.ms-works", _is_office("word/")),
    ".et": FileType("application/vnd.ms-excel", _is_office("xl/")),
    ".dps": FileType("application/vnd.ms-powerpoint", _is_office("ppt/")),
    ".txt": FileType("text/plain", _is_text),
    ".csv": FileType("text/csv", _is_text),
    ".png": FileType("image/png", _starts_with(b"\x89PNG\r\n\x1a\n")),
    ".jpg": FileType("image/jpeg", _starts_with(b"\xff\xd8\xff")),
    ".jpeg": FileType("image/jpeg", _starts_with(b"\xff\xd8\xff")),
    ".gif": FileType("image/gif", _starts_with(b"GIF87a", b"GIF89a")),
    ".webp": FileType("image/webp", _is_webp),
    ".zip": FileType("application/zip", _is_zip),
}
