"""Reading workbooks somebody sent (.xlsx, .xls, .xlsb), row by row and within limits.

Each is opened by a process of its own, so that none can take memory or time from the one
that asked: a few kilobytes may describe a sheet of 17 thousand million cells.
"""

import contextlib
import datetime as dt
import struct
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import msgspec

from openbureau.base.errors import Invalid
from openbureau.base.i18n import N_

READER = Path(__file__).with_name("sheet_reader.py")
MIB = 1 << 20
AT_ONCE = 2
HEAD_BYTES = 4
_turns = threading.BoundedSemaphore(AT_ONCE)

UNREADABLE = N_("这个文件不是可读的表格，请用 WPS 或 Excel 另存为 .xlsx 后再上传。")
TOO_LARGE = N_(
    "这张表占的地方太大，没有读取；常见原因是很远的格子里有内容或格式。"
    "请把需要的部分复制到新表，另存为 .xlsx 后再上传。"
)
REFUSALS = {
    "macros": N_("这个文件含有宏，不能导入。请另存为不含宏的 .xlsx 后再上传。"),
    "password": N_("这个文件有密码保护，请去掉密码后再上传。"),
    "large": TOO_LARGE,
    "unreadable": UNREADABLE,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a sheet may be, and what reading it may cost. `unpacked_bytes` bounds the
    parts of a packed workbook together."""

    rows: int
    columns: int = 200
    memory_bytes: int = 512 * MIB
    unpacked_bytes: int = 200 * MIB
    time_s: int = 30


def sheet_rows(path: Path, limits: Limits) -> Generator[list[Any], None, None]:
    """The rows of a workbook's first sheet, one by one, empty cells as "".

    Cells are text, numbers, truth values and naive dates and times. At most two workbooks are
    read at once in a process; who comes later waits.

    Raises Invalid: it is no workbook, is protected, holds macros or is beyond the limits; at
    the latest after the last row that could be read.
    """
    if not _turns.acquire(timeout=limits.time_s):
        raise Invalid(N_("同时导入的人太多，请过一分钟再试。"))
    try:
        with _reader(path, limits) as child:
            yield from _rows(child, limits)
    finally:
        _turns.release()


@contextlib.contextmanager
def _reader(path: Path, limits: Limits) -> Iterator["subprocess.Popen[bytes]"]:
    """The process that reads the workbook; it is ended in any case."""
    given = (
        limits.memory_bytes,
        limits.time_s,
        limits.rows,
        limits.columns,
        limits.unpacked_bytes,
    )
    command = [sys.executable, "-I", str(READER), str(path), *map(str, given)]
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
    )
    # Processor time is the child's own limit; this one is for a child that only waits.
    watch = threading.Timer(4 * limits.time_s, child.kill)
    watch.daemon = True
    watch.start()
    try:
        with child:
            yield child
            child.kill()
    finally:
        watch.cancel()
        child.kill()


def _rows(child: "subprocess.Popen[bytes]", limits: Limits) -> Iterator[list[Any]]:
    decode = msgspec.msgpack.Decoder(ext_hook=_dated).decode
    while (body := _frame(child.stdout)) is not None:
        frame = decode(body)
        if isinstance(frame, dict):
            _ended(frame["end"], limits)
            return
        yield from frame
    # It ended without a word: killed by a limit, or by what its library stumbled over.
    raise Invalid(TOO_LARGE if child.wait() < 0 else UNREADABLE)


def _frame(out: IO[bytes] | None) -> bytes | None:
    """The next whole frame; None: there is none any more."""
    head = out.read(HEAD_BYTES) if out is not None else b""
    if out is None or len(head) < HEAD_BYTES:
        return None
    size = struct.unpack(">I", head)[0]
    body = out.read(size)
    return body if len(body) == size else None


def _ended(why: str, limits: Limits) -> None:
    if why == "rows":
        raise Invalid(N_("这张表超过 %(total)s 行，请分几次。"), total=limits.rows)
    if why == "columns":
        raise Invalid(N_("这张表超过 %(total)s 列，请删去不需要的列。"), total=limits.columns)
    if why:
        raise Invalid(REFUSALS[why])


def _dated(code: int, body: memoryview) -> dt.datetime | dt.date | dt.time:
    text = bytes(body).decode()
    if code == 1:
        return dt.datetime.fromisoformat(text)
    return dt.date.fromisoformat(text) if code == 2 else dt.time.fromisoformat(text)
