"""Windows of signed-in people, one set a module."""

import pytest
from playwright.sync_api import Browser

from openbureau.testing.browser import DemoServer

from .places import Visitors


@pytest.fixture(scope="module")
def visitors(browser: Browser, demo_server: DemoServer) -> Visitors:
    """People of the small demo at a browser."""
    return Visitors(browser, demo_server)
