"""`openbureau serve` and `openbureau worker`."""

import datetime as dt
import ipaddress
import logging

import click

from openbureau.base.database import db
from openbureau.base.errors import OperatorError
from openbureau.base.settings import Settings
from openbureau.kernel.audit.writable import require_writable_trail
from openbureau.shell import processes
from openbureau.shell.cli.options import loaded, settings
from openbureau.shell.installation import open_installation
from openbureau.shell.jobs import core_handlers, job_registry
from openbureau.shell.worker import run_worker


@click.command(
    help="启动系统：网页进程和后台任务进程，直到 Ctrl-C 或 SIGTERM。"
    "\n\nRun the system: web processes and the job consumer, until Ctrl-C or SIGTERM."
)
@click.option("--host", help="监听地址。Address to listen on.")
@click.option("--port", type=int, help="监听端口；被占用时用下一个。Port; the next free if taken.")
@click.option("--workers", type=int, help="网页进程数。Number of web processes.")
@click.option(
    "--web-only",
    "is_web_only",
    is_flag=True,
    help="不启动后台任务进程（另行运行 worker）。Without the job consumer: run `worker` apart.",
)
def serve(
    host: str | None,
    port: int | None,
    workers: int | None,
    is_web_only: bool,
) -> None:
    chosen = loaded(host=host, port=port, workers=workers)
    check_address(chosen.settings)
    open_installation(chosen.settings)
    require_writable_trail(dt.datetime.now(dt.UTC))
    db.close()
    processes.serve(
        chosen,
        on_ready=lambda url: click.echo(f"已就绪 ready: {url}"),
        has_consumer=not is_web_only,
    )


def check_address(settings: Settings) -> None:
    """Raises OperatorError: pages would travel unencrypted beyond this machine."""
    is_loopback = settings.host == "localhost" or _is_loopback(settings.host)
    if is_loopback or settings.insecure_http or settings.trusted_proxies:
        return
    raise OperatorError(
        "SRV-005",
        f"在 {settings.host} 上监听会使网页和密码不加密地传输。系统未启动。"
        "请放在 https 反向代理之后并设置 trusted_proxies，或明确设置 insecure_http = true。",
        f"Listening on {settings.host} would send pages and passwords unencrypted. Nothing was "
        "started. Put an https proxy in front and set trusted_proxies, or set "
        "insecure_http = true deliberately.",
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@click.command(
    help="单独运行后台任务进程，直到 Ctrl-C 或 SIGTERM；正在执行的任务会做完。"
    "\n\nRun the job consumer apart, until Ctrl-C or SIGTERM; running jobs end first."
)
@click.option("--threads", type=int, help="线程数。Number of threads.")
def worker(threads: int | None) -> None:
    chosen = settings(job_threads=threads)
    logging.getLogger().setLevel(chosen.log_level.upper())
    logging.getLogger("huey").setLevel(logging.WARNING)
    opened = open_installation(chosen)
    run_worker(chosen, job_registry(opened.plugins, core_handlers(chosen)))
