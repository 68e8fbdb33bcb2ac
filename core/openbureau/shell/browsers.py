"""A browser by the name its owner knows."""

import re

# In order: what names itself beside Chrome comes before Chrome.
_BROWSERS = (
    ("Qaxbrowser", "QiAnXin"),
    ("360", "360"),
    ("UOS", "UOS"),
    ("MicroMessenger", "WeChat"),
    ("DingTalk", "DingTalk"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Windows NT 6.1", "Windows 7"),
    ("Windows NT 10", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
_VERSION = re.compile(r"(?:Edg|OPR|Firefox|Chrome)/(\d+)")
SHOWN = 60


def browser_name(agent: str) -> str:
    """`Edge 126 · Windows` for the text a browser sends about itself; that text where it is
    none we know."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    if not browser:
        return agent[:SHOWN]
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    versions = _VERSION.findall(agent)
    version = f" {versions[-1]}" if versions else ""
    return f"{browser}{version}{f' · {system}' if system else ''}"
