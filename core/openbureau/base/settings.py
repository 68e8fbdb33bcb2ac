"""Start-up settings: at most 25, each with its manual entry.

Precedence: command line, then environment `OPENBUREAU_<FIELD>`, then
`$OPENBUREAU_DATA/openbureau.toml`, then the default. What an administrator may
change while the system runs is data with a screen, never a setting here.
"""

import dataclasses
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

import msgspec

from openbureau.base.errors import OperatorError

CONFIG_NAME = "openbureau.toml"
Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Count = Annotated[int, msgspec.Meta(ge=1)]


def _setting(default: Any, zh: str, en: str) -> Any:
    return field(default=default, metadata={"zh": zh, "en": en})


@dataclass(frozen=True, slots=True)
class Settings:
    """The start-up settings of one installation."""

    data: Path = _setting(Path("var/data"), "数据目录", "Data directory")
    database: str = _setting(
        "",
        "数据库地址；空为数据目录中的 SQLite，或 postgresql://…",
        "Database URL; empty means SQLite in the data directory, or postgresql://…",
    )
    host: str = _setting("127.0.0.1", "监听地址", "Address to listen on")
    port: Port = _setting(8000, "监听端口", "Port to listen on")
    workers: Count = _setting(1, "网页进程数", "Number of web processes")
    threads: Count = _setting(8, "每个网页进程的线程数", "Threads per web process")
    job_threads: Count = _setting(2, "后台任务线程数", "Threads of the job consumer")
    zone: Literal["staff", "public"] = _setting(
        "staff",
        "服务区域：staff 内网，public 只提供公众页面",
        "Zone served: staff, or public for public pages only",
    )
    insecure_http: bool = _setting(
        False,
        "允许在非本机地址上使用不加密的 http（每页显示警示）",
        "Allow plain http beyond loopback (a banner on every page says so)",
    )
    trusted_proxies: str = _setting(
        "", "可信反向代理的地址，逗号分隔", "Addresses of trusted reverse proxies, comma separated"
    )
    bureau_name: str = _setting("", "页头显示的单位名称", "Name of the bureau shown in the header")
    session_idle_min: Count = _setting(
        30, "会话空闲时限（分钟）", "Minutes of inactivity that end a session"
    )
    session_max_h: Count = _setting(12, "会话最长时限（小时）", "Hours after which a session ends")
    upload_max_mb: Count = _setting(100, "单个附件上限（MB）", "Largest attachment in MB")
    safe_mode: bool = _setting(
        False, "安全模式：不装载任何业务模块", "Start the core alone, without plugins"
    )
    log_level: Literal["debug", "info", "warning", "error"] = _setting(
        "info", "日志级别", "Log level"
    )
    redis_url: str = _setting(
        "",
        "后台任务的唤醒通道；空为内置 SQLite",
        "Wake-up channel for jobs; empty means embedded SQLite",
    )
    ldap_url: str = _setting("", "目录服务器地址", "Directory server URL")
    ldap_bind_dn: str = _setting("", "目录查询账号", "DN used to search the directory")
    ldap_password_file: str = _setting(
        "", "目录查询账号的密码文件", "File holding the search account's password"
    )
    ldap_base: str = _setting("", "目录的根", "Base DN")
    ldap_profile: Literal["openldap", "ad"] = _setting(
        "openldap", "目录类型：openldap 或 ad", "Directory kind: openldap or ad"
    )
    ldap_ca_file: str = _setting(
        "", "目录证书的签发机构文件", "CA file that signs the directory's certificate"
    )

    @property
    def database_url(self) -> str:
        """URL of the database; SQLite in the data directory unless set."""
        return self.database or f"sqlite:///{self.data / 'openbureau.sqlite3'}"


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings together with where each value came from, and the demo mark."""

    settings: Settings
    sources: Mapping[str, str]


def load_settings(
    overrides: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None
) -> Loaded:
    """The effective settings and the source of each field.

    Sources are `command line`, `environment`, the path of the file, or `default`.
    Raises OperatorError: a value has the wrong type, or the file names an unknown field.
    """
    environ = os.environ if environ is None else environ
    given = {k: v for k, v in (overrides or {}).items() if v is not None}
    names = {f.name for f in dataclasses.fields(Settings)}
    from_environ = {
        name: environ[f"OPENBUREAU_{name.upper()}"]
        for name in names
        if f"OPENBUREAU_{name.upper()}" in environ
    }
    data = Path(given.get("data") or from_environ.get("data") or Settings().data).expanduser()
    config = data / CONFIG_NAME
    from_file = _read_config(config, names)
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    hints = get_type_hints(Settings, include_extras=True)
    for name in sorted(names):
        for source, layer in (
            ("command line", given),
            ("environment", from_environ),
            (str(config), from_file),
        ):
            if name in layer:
                values[name] = _convert(name, layer[name], hints[name], source)
                sources[name] = source
                break
        else:
            sources[name] = "default"
    values["data"] = data.absolute()
    return Loaded(Settings(**values), sources)


def _read_config(path: Path, names: set[str]) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as fault:
        raise OperatorError(
            "CONF-001",
            f"配置文件 {path} 无法读取：{fault}。系统未启动。请改正该文件。",
            f"Cannot read {path}: {fault}. Nothing was started. Correct the file.",
        ) from fault
    unknown = sorted(set(content) - names)
    if unknown:
        raise OperatorError(
            "CONF-002",
            f"配置文件 {path} 中有未知的设置：{', '.join(unknown)}。系统未启动。"
            "请用 openbureau config 查看可用的设置。",
            f"Unknown settings in {path}: {', '.join(unknown)}. Nothing was started. "
            "`openbureau config` lists the known ones.",
        )
    return content


def _convert(name: str, value: Any, hint: Any, source: str) -> Any:
    try:
        return msgspec.convert(value, hint, strict=False, dec_hook=lambda kind, raw: kind(raw))
    except (msgspec.ValidationError, TypeError, ValueError) as fault:
        raise OperatorError(
            "CONF-003",
            f"设置 {name} 的值 {value!r}（来自 {source}）不可用：{fault}。系统未启动。请改正。",
            f"Setting {name} has an unusable value {value!r} (from {source}): {fault}. "
            "Nothing was started. Correct it.",
        ) from fault
