"""Bare Starlette: a constant body as large as the page that is compared. The measure: 1.0."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from openbureau.shell.bench.contenders.serving import arguments, serve

given = arguments()
BODY = given.page.read_bytes()


async def page(request: Request) -> Response:
    """The same bytes for everybody."""
    del request
    return Response(BODY, media_type="text/html")


if __name__ == "__main__":
    serve(Starlette(routes=[Route("/{path:path}", page)]), given.port)
