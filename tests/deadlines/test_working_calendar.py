"""An administrator enters a year; every count follows it."""

import datetime as dt
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from openbureau.kernel.calendar.days import day_kind, working
from openbureau.kit.deadlines.counting import counted
from openbureau.shell.cli.root import root
from openbureau.testing.bureau import Bureau, Client

URL = "/-/console/workdays"
D = dt.date
NAMES = "元旦、春节、清明节、劳动节、端午节、中秋节、国庆节"
TEXT = f"一、{NAMES[:2]}：2031年1月1日（周三）至3日（周五）放假调休，共3天。1月5日（周日）上班。"


@pytest.fixture
def system(either_bureau: Bureau) -> Client:
    return either_bureau.sign_in("system")


def fields(text: str = TEXT, **more: str) -> dict[str, str]:
    return {"year": "2031", "notice": "国办发明电〔2030〕7号", "text": text, **more}


def test_a_year_is_checked_then_entered(either_bureau: Bureau, system: Client) -> None:
    assert "2027" in system.get(URL).text
    checked = system.post(URL, fields())
    assert checked.status == 200
    assert "与现在不同的 8 天" in checked.words
    assert "没有读到：春节" in checked.words
    assert either_bureau.rows("SELECT count(*) FROM calendar_year") == [(0,)]
    assert day_kind(D(2031, 1, 2)).kind == "unknown"

    page = system.follow(system.post(URL, fields(intent="enter")))
    assert "工作日历已更新" in page.words
    assert "国办发明电〔2030〕7号" in page.words
    system.get("/")
    assert day_kind(D(2031, 1, 2)) == ("rest", "元旦")
    assert day_kind(D(2031, 1, 5)) == ("working", "元旦")
    assert day_kind(D(2031, 5, 1)) == ("working", "")
    assert counted(D(2030, 12, 31), 1, "calendar").due == D(2031, 1, 5)
    assert not counted(D(2031, 1, 1), 5, "working").is_provisional
    ((detail,),) = either_bureau.rows(
        "SELECT detail FROM audit_record WHERE action = 'core.enter_calendar_year'"
    )
    assert json.loads(detail)["year"] == 2031


def test_a_provisional_year_gives_way_to_its_notice(system: Client) -> None:
    system.post(URL, fields(intent="enter", is_provisional="y"))
    system.get("/")
    assert working(D(2031, 1, 2)) == (False, "元旦", True)
    assert day_kind(D(2031, 1, 2)).kind == "unknown"
    system.post(URL, fields("2031-01-01 休 元旦", intent="enter"))
    system.get("/")
    assert working(D(2031, 1, 2)) == (True, "", False)


@pytest.mark.parametrize(
    "wrong",
    [
        fields("一、元旦：1月1日（周四）放假1天。"),
        fields(year="31"),
        fields(year="x"),
        fields(""),
        fields("1" * 9000),
        fields(notice=""),
    ],
)
def test_a_refused_year_comes_back_filled(bureau: Bureau, wrong: dict[str, str]) -> None:
    client = bureau.sign_in("system")
    client.get(URL)
    answer = client.post(URL, {**wrong, "intent": "enter"})
    assert answer.status == 422
    assert "没有保存，请改正下列各项" in answer.words
    assert wrong["text"][:60] in answer.text
    assert bureau.rows("SELECT count(*) FROM calendar_year") == [(0,)]


def test_a_published_year_is_no_guess(bureau: Bureau) -> None:
    client = bureau.sign_in("system")
    client.get(URL)
    given = {**fields("2026-01-01 休 元旦", intent="enter", is_provisional="y"), "year": "2026"}
    answer = client.post(URL, given)
    assert answer.status == 422
    assert "2026 年的安排已经公布，不能再录为暂定" in answer.words
    assert bureau.rows("SELECT count(*) FROM calendar_year") == [(0,)]


def test_others_may_not(bureau: Bureau) -> None:
    for login in ("li", "security", "audit"):
        assert bureau.sign_in(login).get(URL).status == 403


def test_the_command_enters_a_year(
    bureau: Bureau, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENBUREAU_DATA", str(tmp_path / "data"))
    (tmp_path / "notice.txt").write_text(TEXT, "utf-8")
    words = [
        "calendar",
        "enter",
        "2031",
        str(tmp_path / "notice.txt"),
        "--notice",
        "通知",
        "--json",
    ]
    checked = json.loads(CliRunner().invoke(root, [*words, "--dry-run"]).stdout)
    assert (checked["is_entered"], len(checked["changes"])) == (False, 8)
    assert json.loads(CliRunner().invoke(root, words).stdout)["is_entered"]
    shown = json.loads(CliRunner().invoke(root, ["calendar", "show", "2031", "--json"]).stdout)
    assert [row["date"] for row in shown] == [f"2031-01-0{n}" for n in (1, 2, 3, 5)]
    (tmp_path / "notice.txt").write_bytes(b"\xff\xfe")
    refused = CliRunner().invoke(root, words)
    assert refused.exit_code == 1
    assert json.loads(refused.stdout)["error"]["code"] == "TERM-002"
