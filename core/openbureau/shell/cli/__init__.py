"""The command line: `openbureau`. Help and refusals in Chinese and English."""

import sys

from openbureau.shell.cli.root import root


def main() -> None:
    """Entry point of the `openbureau` command."""
    sys.exit(root(standalone_mode=True))
