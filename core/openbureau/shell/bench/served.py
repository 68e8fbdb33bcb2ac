"""The product as it is measured: one web process with synthetic plugins beside the real ones."""

import socket
import sys

from openbureau.base.settings import load_settings
from openbureau.shell.app import create_app_from_environment
from openbureau.shell.bench.rows import measured_plugins
from openbureau.shell.web import serve_on


def main(arguments: list[str]) -> None:
    """`--port N`; settings come from the environment."""
    listener = socket.create_server(("127.0.0.1", int(arguments[1])), backlog=2048)
    app = create_app_from_environment(measured_plugins())
    serve_on(listener, app, load_settings().settings)


if __name__ == "__main__":
    main(sys.argv[1:])
