"""`openbureau bench`: what a page costs here, as ratios within one run."""

import click

from openbureau.shell.bench.report import table
from openbureau.shell.bench.works import WORKS, measured, quick, whole
from openbureau.shell.cli.options import json_option, report


@click.command(
    help="在本机测量各项性能，与其他实现在同一轮中比较。可只测一项。"
    "\n\nMeasure on this machine, against other ways to do the same; one work or all of them."
)
@click.argument("name", required=False, type=click.Choice(list(WORKS), case_sensitive=False))
@json_option
@click.option(
    "--quick", "is_quick", is_flag=True, help="少量数据、一轮，只看能否运行。Few rows, one round."
)
def bench(name: str | None, as_json: bool, is_quick: bool) -> None:
    """Prints the machine and one run per work and contender."""

    def say(text: str) -> None:
        click.echo(text, err=True)

    report(measured(quick(say) if is_quick else whole(say), name), as_json, table)
