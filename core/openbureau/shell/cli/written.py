"""Files that commands leave behind."""

import os
from pathlib import Path

from openbureau.base.errors import OperatorError


def write_new(file: Path, content: bytes, mode: int = 0o644) -> None:
    """Writes a file that does not exist yet. Raises OperatorError: it cannot be written."""
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "wb") as written:
            written.write(content)
    except (OSError, ValueError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else str(fault)
        raise OperatorError(
            "FILE-010",
            f"文件 {file} 写不成：{why}。没有任何改动。请换一个不存在的文件名或另一个目录。",
            f"Cannot write {file}: {why}. Nothing changed. Choose a name that does not exist yet, "
            "or another folder.",
        ) from fault
