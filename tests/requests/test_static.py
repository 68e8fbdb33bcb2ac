"""Static files: for ever, compressed, nothing beside them."""

import gzip

import brotli
import pytest
import zstandard

from openbureau.testing.bureau import Bureau


def unpacked(body: bytes, encoding: str) -> bytes:
    if encoding == "br":
        return bytes(brotli.decompress(body))
    if encoding == "zstd":
        return zstandard.ZstdDecompressor().decompress(body)
    return gzip.decompress(body) if encoding == "gzip" else body


def test_every_file_is_immutable_and_typed(bureau: Bureau) -> None:
    client = bureau.client()
    for url in bureau.application.assets.by_url:
        answer = client.get(url)
        assert answer.status == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-type"] != "application/octet-stream", url


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate, br", "br"),
        ("gzip, zstd", "zstd"),
        ("gzip", "gzip"),
        ("identity", ""),
        ("", ""),
    ],
)
def test_style_sheet_comes_in_the_smallest_form(
    bureau: Bureau, accepted: str, encoding: str
) -> None:
    asset = bureau.application.assets.by_name["core/core.css"]
    answer = bureau.client().get(asset.url, {"accept-encoding": accepted})
    assert answer.headers.get("content-encoding", "") == encoding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert unpacked(answer.body, encoding) == asset.content
    assert encoding == "" or len(answer.body) < len(asset.content) / 3


@pytest.mark.parametrize("accepted", ["gzip", "zstd", "br"])
def test_page_is_compressed_when_the_browser_can(bureau: Bureau, accepted: str) -> None:
    client = bureau.sign_in("li")
    answer = client.get("/-/units", {"accept-encoding": accepted})
    encoding = answer.headers.get("content-encoding", "")
    assert "昆明市局" in unpacked(answer.body, encoding).decode()
    assert encoding == ("" if accepted == "br" else accepted)


@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static/x",
        "/static/000000000000/core/core.css",
        "/static/../pyproject.toml",
        "/static/%2e%2e/%2e%2e/etc/passwd",
        "/static//etc/passwd",
        "/static/core/css/order.txt",
    ],
)
def test_nothing_else_is_there(bureau: Bureau, path: str) -> None:
    answer = bureau.client().get(path)
    assert answer.status == 404
    assert answer.headers["x-content-type-options"] == "nosniff"
