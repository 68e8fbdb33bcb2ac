"""Files in pieces over real requests: order, limits, ownership, and the form that takes them."""

import datetime as dt
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openbureau.base.database import writing
from openbureau.kernel.files.actions import sweep_orphans
from openbureau.kernel.files.models import Upload
from openbureau.kernel.files.pieces import UNFINISHED_PER_ACCOUNT, piece_path, sweep_uploads
from openbureau.testing.bureau import Answer, Bureau, Client, close_bureau, open_bureau

KB = 1024
PIECE = 64 * KB
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 600  # 153,609 bytes: three pieces
NAME = "电梯检查方案（终稿）.pdf"


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[Bureau]:
    """A bureau that takes files of at most 1 MB."""
    yield open_bureau(tmp_path / "data", upload_max_mb=1)
    close_bureau()


def signed_in(bureau: Bureau, login: str = "li") -> Client:
    client = bureau.sign_in(login)
    client.get("/-/units")
    return client


def plain(answer: Answer) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/json", answer.words
    return json.loads(answer.body)


def started(client: Client, name: str = NAME, size: int = len(PDF)) -> Answer:
    return client.post("/-/uploads", {"name": name, "size": str(size)})


def piece(client: Client, uid: str, offset: int, content: bytes) -> Answer:
    files = (("piece", "piece", content),)
    return client.post(f"/-/uploads/{uid}/piece", {"offset": str(offset)}, files)


def sent(client: Client, content: bytes = PDF, name: str = NAME) -> Answer:
    uid = plain(started(client, name, len(content)))["uid"]
    for offset in range(0, len(content), PIECE):
        answer = piece(client, uid, offset, content[offset : offset + PIECE])
    return answer


def test_file_arrives_in_pieces_and_keeps_its_name(either_bureau: Bureau) -> None:
    client = signed_in(either_bureau)
    uid = plain(started(client))["uid"]
    for offset in range(0, len(PDF), PIECE):
        found = plain(client.get(f"/-/uploads/{uid}"))
        assert (found["received_bytes"], found["kept"]) == (offset, "")
        plain(piece(client, uid, offset, PDF[offset : offset + PIECE]))
    found = plain(client.get(f"/-/uploads/{uid}"))
    assert found["received_bytes"] == len(PDF)
    assert found["kept"].endswith(f":{len(PDF)}:application/pdf:{NAME}")
    digest = found["kept"].split(":")[1]
    path = either_bureau.application.files / digest[:2] / digest[2:4] / digest
    assert path.read_bytes() == PDF
    assert not piece_path(uid).exists()


def test_piece_sent_twice_is_answered_with_the_right_place(bureau: Bureau) -> None:
    client = signed_in(bureau)
    uid = plain(started(client))["uid"]
    piece(client, uid, 0, PDF[:PIECE])
    again = piece(client, uid, 0, PDF[:PIECE])
    assert (again.status, plain(again)["received_bytes"]) == (409, PIECE)
    ahead = piece(client, uid, 2 * PIECE, PDF[2 * PIECE :])
    assert (ahead.status, plain(ahead)["received_bytes"]) == (409, PIECE)
    piece(client, uid, PIECE, PDF[PIECE : 2 * PIECE])
    assert plain(piece(client, uid, 2 * PIECE, PDF[2 * PIECE :]))["kept"]
    assert plain(piece(client, uid, 0, PDF[:PIECE]))["kept"]  # whole already: nothing changes


def test_bytes_behind_the_acknowledged_place_are_written_over(bureau: Bureau) -> None:
    client = signed_in(bureau)
    uid = plain(started(client))["uid"]
    piece(client, uid, 0, PDF[:PIECE])
    with piece_path(uid).open("ab") as file:
        file.write(b"torn" * 30_000)
    piece(client, uid, PIECE, PDF[PIECE : 2 * PIECE])
    assert plain(piece(client, uid, 2 * PIECE, PDF[2 * PIECE :]))["kept"]


def test_pieces_lost_from_the_disk_begin_again(bureau: Bureau) -> None:
    client = signed_in(bureau)
    uid = plain(started(client))["uid"]
    piece(client, uid, 0, PDF[:PIECE])
    piece_path(uid).unlink()
    answer = piece(client, uid, PIECE, PDF[PIECE : 2 * PIECE])
    assert (answer.status, plain(answer)["received_bytes"]) == (409, 0)


def test_received_but_not_yet_stored_is_finished_by_an_empty_piece(bureau: Bureau) -> None:
    client = signed_in(bureau)
    uid = plain(started(client))["uid"]
    piece_path(uid).write_bytes(PDF)
    with writing():
        Upload.update(received_bytes=len(PDF)).where(Upload.uid == uid).execute()
    assert plain(piece(client, uid, len(PDF), b""))["kept"]


@pytest.mark.parametrize(
    ("offset", "content"),
    [(0, b""), (0, b"%PDF" * KB), (0, bytes(KB * KB + 1)), (0, bytes(len(PDF) + 1))],
)
def test_unfit_piece_gets_400_and_changes_nothing(
    bureau: Bureau, offset: int, content: bytes
) -> None:
    client = signed_in(bureau)
    size = len(PDF) if len(content) > len(PDF) else 3 * KB * KB
    uid = plain(started(client, size=size))["uid"]
    assert piece(client, uid, offset, content).status == 400
    assert plain(client.get(f"/-/uploads/{uid}"))["received_bytes"] == 0


@pytest.mark.parametrize("offset", ["", "-1", "x", "１", "9" * 16])
def test_senseless_offset_gets_400(bureau: Bureau, offset: str) -> None:
    client = signed_in(bureau)
    uid = plain(started(client))["uid"]
    files = (("piece", "piece", PDF[:PIECE]),)
    answer = client.post(f"/-/uploads/{uid}/piece", {"offset": offset}, files)
    assert answer.status == 400


def test_piece_that_is_no_file_gets_400(bureau: Bureau) -> None:
    client = signed_in(bureau)
    uid = plain(started(client))["uid"]
    answer = client.post(f"/-/uploads/{uid}/piece", {"offset": "0", "piece": "text"})
    assert answer.status == 400


@pytest.mark.parametrize(
    ("name", "size", "sentence"),
    [
        ("空.pdf", 0, "是空的"),
        ("大.pdf", KB * KB + 1, "超过了 1 MB 的上限"),
        ("木马.exe", 100, "类型不在允许之列"),
    ],
)
def test_file_that_would_be_refused_is_refused_before_it_is_sent(
    narrow: Bureau, name: str, size: int, sentence: str
) -> None:
    answer = started(signed_in(narrow), name, size)
    assert answer.status in {413, 422}
    assert sentence in plain(answer)["problem"]
    assert narrow.rows("SELECT count(*) FROM upload") == [(0,)]


def test_whole_file_of_another_type_is_refused_and_forgotten(bureau: Bureau) -> None:
    client = signed_in(bureau)
    answer = sent(client, b"<html>" + bytes(PIECE), "假.pdf")
    assert answer.status == 422
    assert "内容与扩展名不符" in plain(answer)["problem"]
    assert bureau.rows("SELECT count(*) FROM upload") == [(0,)]
    assert list((bureau.application.files / "tmp").iterdir()) == []


def test_nobody_else_finds_an_upload(bureau: Bureau) -> None:
    uid = plain(started(signed_in(bureau)))["uid"]
    other = signed_in(bureau, "wang")
    assert other.get(f"/-/uploads/{uid}").status == 404
    assert piece(other, uid, 0, PDF[:PIECE]).status == 404
    assert other.post(f"/-/uploads/{uid}/cancel").status == 404
    assert signed_in(bureau).get("/-/uploads/..%2f..%2fx").status == 404


def test_request_without_proof_is_refused(bureau: Bureau) -> None:
    client = signed_in(bureau)
    fields = {"name": NAME, "size": "100000"}
    assert client.post("/-/uploads", fields, is_bare=True).status == 403
    token = {"x-csrf-token": client.hidden["csrf"]}
    assert client.post("/-/uploads", fields, headers=token, is_bare=True).status == 200


def test_too_many_unfinished_ones_are_refused_until_one_is_cancelled(bureau: Bureau) -> None:
    client = signed_in(bureau)
    uids = [plain(started(client))["uid"] for _ in range(UNFINISHED_PER_ACCOUNT)]
    refused = started(client)
    assert refused.status == 429
    assert f"{UNFINISHED_PER_ACCOUNT} 个文件还没有传完" in plain(refused)["problem"]
    assert client.post(f"/-/uploads/{uids[0]}/cancel").status == 200
    assert started(client).status == 200
    assert started(signed_in(bureau, "wang")).status == 200


def test_two_days_later_uploads_are_swept_and_not_before(either_bureau: Bureau) -> None:
    client = signed_in(either_bureau)
    uid = plain(started(client))["uid"]
    piece(client, uid, 0, PDF[:PIECE])
    now = dt.datetime.now(dt.UTC)
    assert sweep_uploads(now + dt.timedelta(hours=47)) == 0
    sweep_orphans(now + dt.timedelta(hours=47))
    assert piece_path(uid).stat().st_size == PIECE
    assert sweep_uploads(now + dt.timedelta(hours=49)) == 1
    assert not piece_path(uid).exists()
    assert client.get(f"/-/uploads/{uid}").status == 404


def test_whole_file_no_form_took_is_gone_after_the_sweep(bureau: Bureau) -> None:
    client = signed_in(bureau)
    uid = plain(sent(client))["uid"]
    assert client.get(f"/-/uploads/{uid}").status == 200
    sweep_orphans(dt.datetime.now(dt.UTC) + dt.timedelta(hours=25))
    assert client.get(f"/-/uploads/{uid}").status == 404


def test_form_takes_the_file_that_came_in_pieces(bureau: Bureau) -> None:
    bureau.enable("bulletins")
    bureau.grant("li", "bulletins.publisher", "530000")
    client = signed_in(bureau)
    kept = plain(sent(client))["kept"]
    client.get("/bulletins/bulletin/new")
    fields = {"title": "甲", "body": "乙", "kept_files": kept}
    answer = client.post("/bulletins/bulletin/new", fields)
    assert answer.status == 303
    uid = re.findall(r'name="remove" value="(\w+)"', client.get(answer.location).text)[0]
    assert client.get(f"/-/files/{uid}").body == PDF
    assert bureau.rows("SELECT name FROM attachment") == [(NAME,)]
