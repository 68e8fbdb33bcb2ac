"""What is wrong with an installation, one line each: for `openbureau check` and 运行状况."""

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from openbureau.base.database import Table, db
from openbureau.base.migrations import CORE, status
from openbureau.base.plugins import Plugins
from openbureau.base.settings import Settings
from openbureau.kernel.accounts.models import Account, Session
from openbureau.kernel.audit.models import AuditCheckpoint
from openbureau.kernel.files.models import StoredFile
from openbureau.kernel.jobs.models import Job
from openbureau.kernel.units.models import Node, Unit
from openbureau.shell.kept_content import Faults, looked_through, recorded
from openbureau.shell.schema import migration_owners

LEAST_FREE_BYTES = 1024**3
MOST_READ_BYTES = 2 * 1024**3
NAMED = 20
NEEDED = (Account, AuditCheckpoint, Job, Node, Session, StoredFile, Unit)


SIGN_IN_SETTINGS = "ldap_url, ldap_bind_dn, ldap_password_file, ldap_base"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report: `ok`, `warning` or `error`, and what to do."""

    name: str
    level: str
    zh: str
    en: str


def data_findings(data: Path) -> Iterator[Finding]:
    if not data.is_dir():
        yield Finding(
            "data", "error", f"数据目录 {data} 不存在，请先运行 openbureau init。",
            f"Data directory {data} is missing; run `openbureau init`.",
        )  # fmt: skip
        return
    if not os.access(data, os.W_OK):
        yield Finding(
            "data", "error", f"数据目录 {data} 不可写，请改正权限。",
            f"Data directory {data} is not writable; correct its permissions.",
        )  # fmt: skip
    free = shutil.disk_usage(data).free
    if free < LEAST_FREE_BYTES:
        yield Finding(
            "disk", "error", f"磁盘只剩 {free // 1024**2} MB，请清理或扩容。",
            f"Only {free // 1024**2} MB of disk left; free some.",
        )  # fmt: skip
    for key in (data / "keys").glob("*.key"):
        if stat.S_IMODE(key.stat().st_mode) & 0o077:
            yield Finding(
                "keys", "error", f"密钥 {key.name} 可被他人读取，请执行 chmod 600。",
                f"Key {key.name} is readable by others; run chmod 600.",
            )  # fmt: skip
    yield Finding("data", "ok", f"数据目录 {data}。", f"Data directory {data}.")


def exposure_findings(found: Settings) -> Iterator[Finding]:
    is_loopback = found.host in {"127.0.0.1", "::1", "localhost"}
    if not is_loopback and not found.trusted_proxies and not found.insecure_http:
        yield Finding(
            "http", "error",
            f"监听 {found.host} 但没有 https：请放在反向代理后并设置 trusted_proxies。",
            f"Listening on {found.host} without https: put a reverse proxy in front and set "
            "trusted_proxies.",
        )  # fmt: skip
    elif found.insecure_http:
        yield Finding(
            "http", "warning", "已允许不加密的 http，密码会明文传输。",
            "Plain http is allowed; passwords travel unencrypted.",
        )  # fmt: skip
    else:
        yield Finding("http", "ok", "访问方式安全。", "Access is protected.")


def directory_findings(found: Settings) -> Iterator[Finding]:
    if not found.ldap_url:
        return  # whether one is needed, the accounts say
    if found.ldap_url.startswith("ldaps://") and not found.ldap_ca_file:
        yield Finding(
            "ldap", "warning", "未指定目录证书的签发机构，将使用系统自带的。",
            "No CA file for the directory; the system's own are used.",
        )  # fmt: skip
    elif found.ldap_password_file and not Path(found.ldap_password_file).is_file():
        yield Finding(
            "ldap", "error", f"目录密码文件 {found.ldap_password_file} 不存在。",
            f"The directory password file {found.ldap_password_file} is missing.",
        )  # fmt: skip
    else:
        yield Finding(
            "ldap", "ok", f"目录服务器 {found.ldap_url}。", f"Directory {found.ldap_url}."
        )


def plugin_findings(plugins: Plugins) -> Iterator[Finding]:
    for record in plugins.records.values():
        if record.problem:
            yield Finding(
                "plugin", "error", f"业务模块 {record.slug} 未装载：{record.problem}",
                f"Plugin {record.slug} is not loaded: {record.problem}",
            )  # fmt: skip
            continue
        for item in record.declared.checks:
            yield _plugin_check(record.slug, item.label, item.run)
    yield Finding(
        "plugins", "ok", f"已装载 {len(plugins.loaded)} 个。", f"{len(plugins.loaded)} loaded."
    )


def _plugin_check(slug: str, label: str, run: Callable[[], str | None]) -> Finding:
    try:
        remedy = run()
    except (Exception, SystemExit) as fault:  # noqa: BLE001 - foreign code may raise anything
        remedy = f"{type(fault).__name__}: {fault}"
    level = "warning" if remedy else "ok"
    return Finding(slug, level, f"{label} {remedy or ''}".strip(), "")


def schema_findings(plugins: Plugins) -> Iterator[Finding]:
    for state in status(migration_owners(plugins)):
        zh, en = _owner_names(plugins, state.owner)
        if state.problem is not None:
            yield Finding("schema", "error", state.problem.zh, state.problem.en)
        elif state.pending:
            names = ", ".join(state.pending)
            yield Finding(
                "schema", "warning", f"{zh}有待执行的变更：{names}。下次启动时执行。",
                f"{en} has pending changes: {names}. They run at the next start.",
            )  # fmt: skip
        else:
            yield Finding("schema", "ok", f"{zh}已是最新。", f"{en} is current.")


def _owner_names(plugins: Plugins, owner: str) -> tuple[str, str]:
    """What the core, or a plugin, is called in both languages."""
    if owner == CORE:
        return "平台", "The platform"
    record = plugins.records.get(owner)
    return (owner, owner) if record is None else (record.label("zh"), record.label("en"))


def content_findings(found: Settings) -> Iterator[Finding]:
    is_new = not {table._meta.table_name for table in NEEDED}.issubset(db.get_tables())
    if is_new or not Node.select().where(Node.is_self).exists():
        yield Finding(
            "init", "error", "尚未初始化，请运行 openbureau init。",
            "Not initialised; run `openbureau init`.",
        )  # fmt: skip
    if is_new:
        return
    if not Unit.select().exists():
        yield Finding("units", "warning", "还没有单位。", "There are no units yet.")
    yield from _jobs()
    if not found.ldap_url:
        yield _directory_accounts()
    yield from _keys(found.data)


def _jobs() -> Iterator[Finding]:
    for state, zh, en in (
        ("dead", "次任务多次失败，请查看并重放。", "jobs failed for good; look and replay them."),
        ("parked", "次任务因模块未启用而搁置。", "jobs are parked: their plugin is off or gone."),
    ):
        total = Job.select().where(Job.state == state).count()
        if total:
            yield Finding("jobs", "warning", f"{total} {zh}", f"{total} {en}")


def _directory_accounts() -> Finding:
    """What it means that no directory server is set."""
    total = Account.select().where(Account.source == "ldap", Account.state == "active").count()
    if not total:
        return Finding("ldap", "ok", "未使用目录服务器。", "No directory server is used.")
    return Finding(
        "ldap", "error",
        f"{total} 个账号来自目录，但没有设置 ldap_url，他们都不能登录。"
        f"请设置 {SIGN_IN_SETTINGS} 后重启。",
        f"{total} accounts come from the directory, but ldap_url is not set: none of them can "
        f"sign in. Set {SIGN_IN_SETTINGS} and restart.",
    )  # fmt: skip


_KEYS: tuple[tuple[str, type[Table], str, str], ...] = (
    (
        "audit", AuditCheckpoint,
        ("审计检查点是用它签名的。请先停止系统，从备份取回（tar xf 备份文件 keys/audit.key）；"
        "否则系统会另生成一个，已有的检查点就无法核验。"),
        ("Audit checkpoints are signed with it. Stop the system and bring it back from a backup "
        "(tar xf BACKUP keys/audit.key); otherwise a new one is made and the checkpoints so far "
        "cannot be verified."),
    ),
    (
        "forms", Session,
        ("请从备份取回（tar xf 备份文件 keys/forms.key），或重启系统另生成一个："
        "已打开的表单须刷新后再提交。"),
        ("Bring it back from a backup (tar xf BACKUP keys/forms.key), or restart to make a new "
        "one: forms that are open must be reloaded."),
    ),
    (
        "jobs", Node,
        "请从备份取回（tar xf 备份文件 keys/jobs.key），或重启系统另生成一个。",
        "Bring it back from a backup (tar xf BACKUP keys/jobs.key), or restart to make a new one.",
    ),
)  # fmt: skip


def _keys(data: Path) -> Iterator[Finding]:
    """The keys that are gone although what they were made for is there."""
    for name, used, zh, en in _KEYS:
        key = data / "keys" / f"{name}.key"
        if not key.is_file() and used.select().exists():
            yield Finding("keys", "error", f"密钥 {key} 缺失。{zh}", f"Key {key} is missing. {en}")


def file_findings(data: Path) -> Iterator[Finding]:
    rows = recorded()
    faults = looked_through(data, rows, MOST_READ_BYTES)
    for names, zh, en in (
        (faults.missing, "个附件缺失", "stored files are missing"),
        (faults.damaged, "个附件已损坏（大小或 sha256 不符）", "stored files are damaged"),
    ):
        if names:
            listed = " ".join(names[:NAMED]) + (" …" if len(names) > NAMED else "")
            yield Finding(
                "files", "error", f"{len(names)} {zh}，请从备份取回：{listed}。",
                f"{len(names)} {en}; bring them back from a backup: {listed}.",
            )  # fmt: skip
    yield from _extent(len(rows), faults)


def _extent(total: int, faults: Faults) -> Iterator[Finding]:
    """How much was read, where not everything was; or that everything is whole."""
    if faults.unread:
        yield Finding(
            "files", "ok" if faults.is_whole else "warning",
            f"{total} 个附件中，最新的 {MOST_READ_BYTES // 1024**3} GB 核对了内容；"
            f"其余 {faults.unread} 个只核对了是否存在和大小，备份时会核对全部内容。",
            f"Of {total} stored files the newest {MOST_READ_BYTES // 1024**3} GB were read; "
            f"{faults.unread} were only looked at for presence and size. A backup reads all.",
        )  # fmt: skip
    elif faults.is_whole:
        yield Finding("files", "ok", f"{total} 个附件完好。", f"{total} stored files are whole.")
