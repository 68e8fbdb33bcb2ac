"""运行状况: what `openbureau check` says, and how the running system is doing (系统管理员)."""

from collections.abc import Iterator
from typing import Any

from openbureau.base.declarations import MenuEntry, Page
from openbureau.base.i18n import N_
from openbureau.base.pages import page
from openbureau.base.request import Request
from openbureau.shell.findings import (
    Finding,
    content_findings,
    data_findings,
    directory_findings,
    exposure_findings,
    plugin_findings,
    schema_findings,
)
from openbureau.shell.vitals import vital_findings

PERMISSION = "core.view_health"
LEVELS = {"error": N_("需处理"), "warning": N_("请留意"), "ok": N_("正常")}
LAMPS = {"error": "late", "warning": "warn", "ok": "ok"}
NAMES = {
    "worker": N_("后台进程"),
    "queue": N_("任务队列"),
    "seals": N_("审计封存"),
    "sync": N_("目录同步"),
    "backup": N_("备份"),
    "disk": N_("磁盘"),
    "database": N_("数据库"),
    "data": N_("数据目录"),
    "keys": N_("密钥"),
    "http": N_("访问方式"),
    "ldap": N_("目录服务器"),
    "plugin": N_("业务模块"),
    "plugins": N_("业务模块"),
    "schema": N_("数据结构"),
    "init": N_("初始化"),
    "units": N_("单位"),
    "jobs": N_("后台任务"),
}


def show_health(request: Request) -> Any:
    """Every line, what needs doing first."""
    say = request.catalogue.gettext
    is_chinese = request.catalogue.language == "zh"
    found = sorted(_findings(request), key=lambda finding: list(LEVELS).index(finding.level))
    rows = [
        {
            "name": _name(request, finding.name),
            "lamp": LAMPS[finding.level],
            "level": say(LEVELS[finding.level]),
            "text": finding.zh if is_chinese else finding.en or finding.zh,
        }
        for finding in found
    ]
    worst = found[0].level if found else "ok"
    return page("core/console_health.html", rows=rows, worst=worst, lamp=LAMPS[worst])


def _name(request: Request, name: str) -> str:
    """What a part of the system is called; a plugin's own checks go under the plugin's name."""
    record = request.app.plugins.records.get(name)
    if record is not None:
        return record.label(request.catalogue.language)
    return request.catalogue.gettext(NAMES[name]) if name in NAMES else name


def _findings(request: Request) -> Iterator[Finding]:
    settings, plugins = request.app.settings, request.app.plugins
    yield from vital_findings(settings, request.person.now)
    yield from (f for f in data_findings(settings.data) if f.name != "disk")
    yield from exposure_findings(settings)
    yield from directory_findings(settings)
    yield from plugin_findings(plugins)
    yield from schema_findings(plugins)
    yield from content_findings(settings)


PAGES = (Page("console/health", show_health, PERMISSION),)
MENU = (
    MenuEntry(N_("运行状况"), "/-/console/health", PERMISSION, N_("系统管理"), "activity", 942),
)
