"""One web process on a socket its parent listens on: `python -m openbureau.shell.web --fd N`."""

import socket
import sys

import uvicorn
from starlette.types import ASGIApp

from openbureau.base.settings import Settings, load_settings
from openbureau.shell.app import create_app_from_environment
from openbureau.shell.children import die_with_parent

_DRAIN_S = 10


def main(arguments: list[str]) -> None:
    """Serves until SIGTERM or SIGINT; requests under way may end."""
    die_with_parent()
    listener = socket.socket(fileno=int(arguments[arguments.index("--fd") + 1]))
    serve_on(listener, create_app_from_environment(), load_settings().settings)


def serve_on(listener: socket.socket, app: ASGIApp, settings: Settings) -> None:
    """Serves an application on a listening socket until it is told to stop."""
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="auto",
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
        log_level="warning" if settings.log_level == "info" else settings.log_level,
        timeout_graceful_shutdown=_DRAIN_S,
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(sys.argv[1:])
