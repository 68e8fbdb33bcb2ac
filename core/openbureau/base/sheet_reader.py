"""The process that opens a workbook somebody sent. Run by `sheets`, never imported by it.

The library lays a sheet out densely before it can be asked how large it is, and a process
without memory for that is aborted. So the limits are set here, on this process alone.
"""

import datetime as dt
import resource
import struct
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from python_calamine import CalamineError, CalamineWorkbook, PasswordError

ROWS_PER_FRAME = 500
MACROS = ("xl/vbaproject.bin", "xl/macrosheets/")
_PLAIN = frozenset({str, float, int, bool})
_DATES = {dt.datetime: 1, dt.date: 2, dt.time: 3}


def limit(memory_bytes: int, cpu_s: int) -> None:
    """Bounds this process: what would take more is aborted, without a core file."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


def refusal(path: Path, most_bytes: int) -> str:
    """Why a packed workbook is not opened at all: `macros`, `large`, or empty."""
    if not zipfile.is_zipfile(path):
        return ""
    with zipfile.ZipFile(path) as packed:
        parts = packed.infolist()
    if any(part.filename.lower().startswith(MACROS) for part in parts):
        return "macros"
    return "large" if sum(part.file_size for part in parts) > most_bytes else ""


def frames(path: Path, most_rows: int, most_columns: int) -> Iterator[Any]:
    """The first sheet as lists of rows; the last one is `{"end": why}`, empty when all was read."""
    with CalamineWorkbook.from_path(path) as book:
        sheet = book.get_sheet_by_index(0)
        last_row, last_column = sheet.end or (0, 0)
        if last_row >= most_rows:
            yield {"end": "rows"}
        elif last_column >= most_columns:
            yield {"end": "columns"}
        else:
            yield from _batches(sheet)
            yield {"end": ""}


def _batches(sheet: Any) -> Iterator[list[list[Any]]]:
    # Rows above the first used one come as empty ones; columns before it do not.
    before = [""] * (sheet.start[1] if sheet.start else 0)
    batch: list[list[Any]] = []
    for row in sheet.iter_rows():
        batch.append([*before, *(c if type(c) in _PLAIN else _dated(c) for c in row)])
        if len(batch) == ROWS_PER_FRAME:
            yield batch
            batch = []
    if batch:
        yield batch


def _dated(cell: Any) -> Any:
    code = _DATES.get(type(cell))
    return str(cell) if code is None else msgspec.msgpack.Ext(code, cell.isoformat().encode())


def write(given: Iterable[Any], out: BinaryIO) -> None:
    """Writes frames, each after its length in four bytes."""
    encode = msgspec.msgpack.Encoder().encode
    for frame in given:
        body = encode(frame)
        out.write(struct.pack(">I", len(body)))
        out.write(body)
    out.flush()


def main(path: Path, memory_bytes: int, cpu_s: int, most: tuple[int, int, int]) -> None:
    """Writes the frames of a workbook to the standard output."""
    limit(memory_bytes, cpu_s)
    most_rows, most_columns, most_bytes = most
    try:
        why = refusal(path, most_bytes)
        write([{"end": why}] if why else frames(path, most_rows, most_columns), sys.stdout.buffer)
    except MemoryError:
        write([{"end": "large"}], sys.stdout.buffer)
    except PasswordError:
        write([{"end": "password"}], sys.stdout.buffer)
    except (CalamineError, OSError, ValueError, IndexError, zipfile.BadZipFile):
        write([{"end": "unreadable"}], sys.stdout.buffer)


if __name__ == "__main__":
    numbers = [int(number) for number in sys.argv[2:]]
    main(Path(sys.argv[1]), numbers[0], numbers[1], (numbers[2], numbers[3], numbers[4]))
