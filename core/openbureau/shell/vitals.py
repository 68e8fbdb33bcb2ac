"""How a running installation is doing: worker, queue, seals, synchronisations, backup, disk."""

import dataclasses
import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openbureau.base.database import db, is_postgresql
from openbureau.base.settings import Settings
from openbureau.kernel.audit.queries import chain_facts
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.jobs.queries import queue_age_s
from openbureau.kernel.sync.models import SyncRun
from openbureau.shell.backup import embedded_path
from openbureau.shell.findings import Finding

SEEN_EVERY_S = 5
WORKER_GONE_S = 60
QUEUE_SLOW_S, QUEUE_STUCK_S = 60, 600
SEAL_LATE_S, SEAL_STUCK_S = 30, 600
BACKUP_OLD_DAYS = 2
SYNC_OLD_DAYS = 2
DISK_LOW = 0.1
_GIB = 1024**3
# What only the job consumer keeps going.
_OF_THE_WORKER = frozenset({"worker", "queue", "seals"})


class Heartbeat:
    """The job consumer's sign of life: a file it touches every five seconds."""

    def __init__(self, data: Path) -> None:
        self._path = _worker_mark(data)
        self._touched_at: dt.datetime | None = None

    def tick(self, now: dt.datetime) -> None:
        """Called every second."""
        if self._touched_at is None or (now - self._touched_at).total_seconds() >= SEEN_EVERY_S:
            self._path.touch()
            self._touched_at = now


def _worker_mark(data: Path) -> Path:
    return data / "worker.seen"


def _backup_mark(data: Path) -> Path:
    return data / "backup.done"


def note_backup(data: Path, now: dt.datetime) -> None:
    """Notes that a backup was made."""
    _backup_mark(data).write_text(now.isoformat(), "ascii")


def live_findings(settings: Settings, now: dt.datetime) -> Iterator[Finding]:
    """The same lines seen from outside: before the first start nothing runs, and nothing has
    to."""
    was_started = _worker_mark(settings.data).exists()
    for finding in vital_findings(settings, now):
        is_waiting = finding.name in _OF_THE_WORKER and finding.level == "error"
        if is_waiting and not was_started:
            yield dataclasses.replace(finding, level="warning")
        else:
            yield finding


def vital_findings(settings: Settings, now: dt.datetime) -> Iterator[Finding]:
    """One line each; the database is open."""
    yield _worker(settings.data, now)
    yield _queue(now)
    yield _seals(now)
    yield from _synchronisations(now)
    yield _backup(settings.data, now)
    yield _disk(settings.data)
    yield _database(settings)


def _worker(data: Path, now: dt.datetime) -> Finding:
    mark = _worker_mark(data)
    if not mark.exists() or now.timestamp() - mark.stat().st_mtime > WORKER_GONE_S:
        return Finding(
            "worker", "error",
            "后台任务进程没有运行：任务不执行，审计不封存。"
            "请启动 openbureau serve 或 openbureau worker。",
            "The job consumer is not running: no jobs, no seals. Start `openbureau serve` or "
            "`openbureau worker`.",
        )  # fmt: skip
    return Finding("worker", "ok", "后台任务进程正在运行。", "The job consumer is running.")


def _queue(now: dt.datetime) -> Finding:
    age_s = queue_age_s(now)
    if age_s < QUEUE_SLOW_S:
        return Finding("queue", "ok", "没有积压的任务。", "No jobs are waiting long.")
    level = "error" if age_s >= QUEUE_STUCK_S else "warning"
    return Finding(
        "queue", level,
        f"最早的任务已等待 {age_s // 60} 分钟。请查看后台任务进程和正在执行的任务。",
        f"The oldest job has waited {age_s // 60} minutes. Look at the job consumer and at what "
        "is running.",
    )  # fmt: skip


def _seals(now: dt.datetime) -> Finding:
    oldest = chain_facts()["oldest_unsealed_at"]
    lag_s = 0 if oldest is None else int((now - oldest).total_seconds())
    if lag_s < SEAL_LATE_S:
        return Finding("seals", "ok", "审计记录均已封存。", "Audit records are sealed.")
    level = "error" if lag_s >= SEAL_STUCK_S else "warning"
    return Finding(
        "seals", level,
        f"审计记录有 {lag_s} 秒没有封存。请查看后台任务进程的日志。",
        f"Audit records have not been sealed for {lag_s} s. Look at the job consumer's log.",
    )  # fmt: skip


def _synchronisations(now: dt.datetime) -> Iterator[Finding]:
    """The newest finished run of every active source."""
    newest: dict[int, Any] = {
        row.source_id: row
        for row in SyncRun.select(SyncRun.source, SyncRun.state, SyncRun.requested_at)
        .where(SyncRun.state.in_(("applied", "empty")))
        .order_by(SyncRun.requested_at)
    }
    for source in DirectorySource.select().where(DirectorySource.is_active):
        run = newest.get(source.id)
        if run is None:
            yield Finding(
                "sync", "warning",
                f"目录 {source.name} 还没有同步成功过。请在目录同步页面查看。",
                f"Directory {source.name} was never synchronised. Look at its page.",
            )  # fmt: skip
            continue
        days = (now - run.requested_at).days
        yield Finding(
            "sync", "ok" if days < SYNC_OLD_DAYS else "warning",
            f"目录 {source.name} 最近一次同步在 {days} 天前。",
            f"Directory {source.name} was last synchronised {days} days ago.",
        )  # fmt: skip


def _backup(data: Path, now: dt.datetime) -> Finding:
    mark = _backup_mark(data)
    try:
        days = (now - dt.datetime.fromisoformat(mark.read_text("ascii").strip())).days
    except (OSError, ValueError):
        return Finding(
            "backup", "warning",
            "还没有备份过。请安排每天运行 openbureau backup，并定期试恢复。",
            "No backup was made yet. Run `openbureau backup` daily and try restoring.",
        )  # fmt: skip
    level = "ok" if days < BACKUP_OLD_DAYS else "warning"
    return Finding(
        "backup", level, f"最近一次备份在 {days} 天前。", f"The last backup was {days} days ago."
    )


def _disk(data: Path) -> Finding:
    usage = shutil.disk_usage(data)
    free = usage.free / _GIB
    level = "ok" if usage.free > DISK_LOW * usage.total else "warning"
    level = "error" if usage.free < _GIB else level
    return Finding(
        "disk", level,
        f"磁盘剩余 {free:.1f} GB，共 {usage.total / _GIB:.1f} GB。",
        f"{free:.1f} GB of {usage.total / _GIB:.1f} GB of disk are free.",
    )  # fmt: skip


def _database(settings: Settings) -> Finding:
    path = embedded_path(settings)
    if is_postgresql():
        size = db.execute_sql("SELECT pg_database_size(current_database())").fetchone()[0]
    else:
        size = path.stat().st_size if path is not None and path.exists() else 0
    return Finding(
        "database", "ok",
        f"数据库 {size / 1024**2:.0f} MB。", f"The database holds {size / 1024**2:.0f} MB.",
    )  # fmt: skip
