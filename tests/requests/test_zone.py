"""A public process does not contain the intranet's pages."""

import pytest

from openbureau.base.errors import NotFound
from openbureau.shell.app import zone_routes
from openbureau.testing.bureau import Bureau


def test_public_zone_has_only_public_pages(bureau: Bureau) -> None:
    routes = zone_routes(bureau.application.plugins, "public")
    assert {route.page.zone for route in routes.all} == {"public"}
    with pytest.raises(NotFound):
        routes.find("GET", "/-/units")
    assert routes.find("GET", "/-/health")[0].page.permission == "public"
