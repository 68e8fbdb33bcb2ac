"""`openbureau demo`: the invented bureau, ready to look at."""

import json
import shutil
import sys
from pathlib import Path

import click

from openbureau.base.database import db, reading
from openbureau.base.errors import OperatorError
from openbureau.base.settings import Loaded, load_settings
from openbureau.kernel.units.models import Node
from openbureau.shell.cli.options import json_option
from openbureau.shell.demo.bureau import Scale
from openbureau.shell.demo.filling import fill_demo
from openbureau.shell.demo.people import SampleSignIn, demo_samples
from openbureau.shell.installation import open_installation
from openbureau.shell.processes import serve

BAR_WIDTH = 30


@click.command(help="准备并运行演示单位。Prepare and serve the demo bureau.")
@click.option(
    "--dir",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="演示数据目录；不给时用 openbureau --data 给出的，否则为 var/demo。Directory of the demo; "
    "otherwise that of openbureau --data, or var/demo.",
)
@click.option(
    "--port",
    type=int,
    default=None,
    help="端口；被占用时用下一个。Port; the next free one if taken.",
)
@click.option(
    "--scale",
    type=click.Choice(["small", "full"]),
    default="full",
    show_default=True,
    help="small 420 人，full 3,200 人。small: 420 people, full: 3,200.",
)
@click.option("--reset", is_flag=True, help="先清空演示数据。Start from an empty demo.")
@json_option
def demo(
    directory: Path | None, port: int | None, scale: Scale, reset: bool, as_json: bool
) -> None:
    directory = directory or _directory()
    if reset:
        _reset(directory)
    found = _settings(directory, port)
    opened = open_installation(found.settings)
    with reading():
        node = Node.get_or_none(Node.is_self)
    if node is not None and not node.is_demo:
        raise OperatorError(
            "DEMO-001",
            f"{directory} 里是正式数据，不能作演示。没有任何改动。请用 --dir 另选目录。",
            f"{directory} holds real data, not a demo. Nothing changed. Choose another --dir.",
        )
    if node is None:
        fill_demo(opened, scale, lambda *step: _bar(*step) if not as_json else None)
    with reading():
        samples = demo_samples()
    db.close()
    serve(
        found,
        on_ready=lambda url: _announce(url, samples, directory, as_json=as_json),
    )


def _directory() -> Path:
    given = click.get_current_context().find_object(dict) or {}
    return Path(given.get("data") or "var/demo").expanduser()


def _settings(directory: Path, port: int | None) -> Loaded:
    """The demo's settings; a quiet log unless one was asked for."""
    given = {"data": str(directory), "port": port}
    found = load_settings(given)
    is_quiet = found.sources["log_level"] == "default"
    return load_settings({**given, "log_level": "warning"}) if is_quiet else found


def _announce(url: str, samples: list[SampleSignIn], directory: Path, *, as_json: bool) -> None:
    if as_json:
        people = [
            {"role": s.role, "account": s.account, "password": s.password, "unit": s.unit}
            for s in samples
        ]
        click.echo(json.dumps({"url": url, "people": people}, ensure_ascii=False))
        sys.stdout.flush()
        return
    lines = [
        "",
        f"  演示单位已就绪  The demo bureau is ready:  {url}",
        "",
        *(f"    {s.account:14} {s.role}（{s.unit}）" for s in samples),
        f"    密码 Password（全部 all）: {samples[0].password}",
        "",
        "  停止 Stop: Ctrl+C",
        f"  重置 Reset: {sys.argv[0]} demo --reset --dir {directory}",
        "",
    ]
    click.echo("\n".join(lines))


def _bar(done: int, total: int, what: str) -> None:
    filled = BAR_WIDTH * done // max(total, 1)
    click.echo(f"\r  [{'█' * filled}{'·' * (BAR_WIDTH - filled)}] {what:40}", nl=False, err=True)
    if done == total:
        click.echo("", err=True)


def _reset(directory: Path) -> None:
    marker = directory / "openbureau.sqlite3"
    if directory.exists() and any(directory.iterdir()) and not marker.exists():
        raise OperatorError(
            "DEMO-002",
            f"{directory} 不是演示数据目录，没有清空。",
            f"{directory} is not a demo directory; it was not emptied.",
        )
    shutil.rmtree(directory, ignore_errors=True)
