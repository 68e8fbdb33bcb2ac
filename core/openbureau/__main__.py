"""`python -m openbureau`: the command line."""

from openbureau.shell.cli import main

main()
