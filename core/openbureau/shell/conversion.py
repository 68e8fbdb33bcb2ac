"""Office documents as PDF for looking at, made by LibreOffice where it is installed.

A document is foreign and LibreOffice large: it runs as a job, in a folder and with a
profile of its own, for a limited time and with limited memory. What it makes is kept beside
the content it was made of, and can be made again.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp

from openbureau.base.database import writing
from openbureau.kernel.files.storage import content_path, store_root
from openbureau.kernel.jobs.dispatch import JobContext
from openbureau.kernel.jobs.models import Job

KIND = "core.convert_document"
PROGRAMS = ("soffice", "libreoffice")
EXTENSIONS = frozenset(
    (
        *(".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".odt", ".ods", ".odp"),
        *(".wps", ".et", ".dps", ".txt", ".csv"),
    )
)
TIME_S = 90
MEMORY_KIB = 3 * 1024 * 1024
LARGEST_KIB = 200 * 1024
_FOLDER = "derived"
_LIMITED = f'ulimit -v {MEMORY_KIB}; ulimit -f {LARGEST_KIB * 2}; ulimit -c 0; exec "$@"'


def converter() -> str | None:
    """Where LibreOffice is, or None."""
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


def derived_path(digest: str) -> Path:
    """Where the PDF made of a content lies."""
    return store_root() / _FOLDER / digest[:2] / f"{digest}.pdf"


def once_key(digest: str) -> str:
    """What keeps one content from being converted twice at a time."""
    return f"convert:{digest}"


def conversion_state(digest: str) -> str:
    """`done`, `working`, `failed`, or "" where nobody asked for it yet."""
    if derived_path(digest).exists():
        return "done"
    job = Job.select(Job.state).where(Job.once == once_key(digest)).first()
    if job is None:
        return ""
    return "working" if job.state in {"ready", "running"} else "failed"


def handle_conversion(context: JobContext) -> None:
    """Makes the PDF of a content. What cannot be made is not tried again: the document would
    be the same."""
    digest, extension = context.payload["digest"], context.payload["extension"]
    program = converter()
    if program is not None and not derived_path(digest).exists():
        _convert(program, digest, extension)
    with writing():
        context.complete()


def _convert(program: str, digest: str, extension: str) -> None:
    (store_root() / _FOLDER).mkdir(exist_ok=True)
    work = Path(mkdtemp(dir=store_root() / _FOLDER, prefix="."))
    try:
        document = work / f"document{extension}"
        shutil.copyfile(content_path(digest), document)
        _run(work, [program, *_options(work), str(document)])
        made = work / "document.pdf"
        if made.is_file() and made.read_bytes()[:5] == b"%PDF-":
            target = derived_path(digest)
            target.parent.mkdir(parents=True, exist_ok=True)
            made.replace(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _options(work: Path) -> Sequence[str]:
    return (
        f"-env:UserInstallation={(work / 'profile').as_uri()}",
        *("--headless", "--norestore", "--nolockcheck", "--nodefault"),
        *("--convert-to", "pdf", "--outdir", str(work)),
    )


def _run(work: Path, command: Sequence[str]) -> None:
    """Runs a command in a session of its own; all of it ends when its time is over."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    process = subprocess.Popen(
        ["/bin/sh", "-c", _LIMITED, "sh", *command],
        cwd=work,
        env={**kept, "HOME": str(work), "TMPDIR": str(work)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(TIME_S)
    except subprocess.TimeoutExpired:
        pass
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def sweep_derived() -> int:
    """Removes what was made of contents that are gone; how many."""
    gone = [path for path in _derived() if not content_path(path.stem).exists()]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


def _derived() -> Iterator[Path]:
    return (store_root() / _FOLDER).glob("[0-9a-f][0-9a-f]/*.pdf")
