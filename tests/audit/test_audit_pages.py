"""The viewer: filters, words, paging, export, verification; each reading leaves its mark."""

import datetime as dt
import io
import json
import re
import zipfile
from urllib.parse import quote

import pytest

from openbureau.base.database import writing
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.audit.models import AuditRecord
from openbureau.kernel.audit.seal import Sealer
from openbureau.kernel.todos.models import Notice
from openbureau.kernel.units.models import Unit, UnitEvent
from openbureau.testing.bureau import Bureau
from openbureau.testing.client import Client

DAY = dt.datetime(2026, 3, 3, 2, 0, tzinfo=dt.UTC)
URL = "/-/console/audit"


def account(login: str) -> Account:
    return Account.get(Account.login == login)


def unit(code: str) -> Unit:
    return Unit.get(Unit.code == code)


@pytest.fixture
def audited(either_bureau: Bureau) -> Bureau:
    """120 acts of li on 3 March 2026, one of zhang on behalf of zhou, one refused."""
    with writing():
        for number in range(120):
            record_audit(
                action="core.grant_role",
                at=DAY + dt.timedelta(seconds=number // 3),
                account_id=account("li").id,
                unit_id=unit("530000").id,
                realm="core/account",
                record_id=account("sun").id,
                detail={"role": f"角色{number:03}"},
                address="10.0.0.9",
            )
        record_audit(
            action="core.sign_in",
            at=DAY + dt.timedelta(days=1),
            account_id=account("zhang").id,
            post_id=Post.get(Post.account == account("zhou")).id,
            unit_id=unit("530102").id,
            outcome="denied",
            detail={"name": "=1+1"},
            address="10.0.0.7",
        )
    return either_bureau


def numbers(client: Client, url: str) -> list[int]:
    answer = client.get(url)
    assert answer.status == 200
    return [int(found) for found in re.findall(r'href="/-/console/audit/(\d+)"', answer.text)]


def total(client: Client, query: str) -> str:
    found = re.search(r"共 ([\d,]+) 条", client.get(f"{URL}?{query}").words)
    return found[1] if found else "0"


def test_rows_say_who_for_whom_did_what(audited: Bureau) -> None:
    client = audited.sign_in("audit")
    words = client.get(f"{URL}?q=zhang").words
    assert "张晓梅 代 周云 登录 =1+1 五华区局 被拒绝 10.0.0.7" in words
    assert "李志华 授予角色 孙玉兰 省局 成功 10.0.0.9" in client.get(f"{URL}?q=li").words


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=li", "120"),
        ("q=" + quote("李志华"), "120"),
        ("unit=530102", "1"),
        ("unit=530100", "1"),
        ("action=core.grant_role", "120"),
        ("outcome=denied", "1"),
        ("address=10.0.0.7", "1"),
        ("from=2026-03-04&to=2026-03-04", "1"),
        ("from=20260303&to=2026.3.3", "120"),
        ("record=core/account", "120"),
        ("q=nobody", "0"),
        ("unit=nowhere", "0"),
        ("record=core/account:99999999999999999999", "120"),
        ("q=li&action=core.sign_in", "0"),
    ],
)
def test_each_filter_narrows_exactly(audited: Bureau, query: str, expected: str) -> None:
    assert total(audited.sign_in("audit"), query) == expected


def test_pages_go_there_and_back_without_gaps(audited: Bureau) -> None:
    client = audited.sign_in("audit")
    seen, url, urls = [], f"{URL}?q=li", []
    while url:
        urls.append(url)
        seen.append(numbers(client, url))
        following = re.search(r'rel="next" href="([^"]+)"', client.get(url).text)
        url = following[1].replace("&amp;", "&") if following else ""
    assert [len(page) for page in seen] == [50, 50, 20]
    flat = [number for page in seen for number in page]
    assert flat == sorted(set(flat), reverse=True)
    back = re.search(r'rel="prev" href="([^"]+)"', client.get(urls[2]).text)
    assert back is not None
    assert numbers(client, back[1].replace("&amp;", "&")) == seen[1]


def test_a_day_nobody_can_read_is_said(audited: Bureau) -> None:
    words = audited.sign_in("audit").get(f"{URL}?from=foo&to=2026-02-30").words
    assert "没有从「foo」读出日期" in words
    assert "没有这一天" in words


def test_a_unit_is_named_as_it_was_on_the_day(audited: Bureau) -> None:
    with writing():
        UnitEvent.create(
            unit=unit("530102"), kind="renamed", on="2026-06-01", at=DAY + dt.timedelta(days=90),
            before='{"short_name":"旧五华局"}', after="{}",
        )  # fmt: skip
    assert "旧五华局" in audited.sign_in("audit").get(f"{URL}?q=zhang").words


def test_a_record_s_own_page_shows_everything(audited: Bureau) -> None:
    Sealer(audited.installation.settings.data).seal(audited.now)
    client = audited.sign_in("audit")
    (number,) = numbers(client, f"{URL}?q=zhang&action=core.sign_in&outcome=denied")
    words = client.get(f"{URL}/{number}").words
    assert '"name": "=1+1"' in words
    assert re.search(r"[0-9a-f]{64}", words)
    assert client.get(f"{URL}/999999").status == 404


def test_reading_is_recorded_once_an_hour_per_query(audited: Bureau) -> None:
    client = audited.sign_in("audit")
    for query in ("q=li", "q=li", "q=li&after=1772503239000-50", "q=zhang"):
        client.get(f"{URL}?{query}")
    client.get(f"{URL}?q=wang", method="HEAD")
    read = AuditRecord.select().where(AuditRecord.action == "core.read_audit").order_by("id")
    assert [json.loads(row.detail) for row in read] == [{"q": "li"}, {"q": "zhang"}]


def test_an_export_holds_no_formula_and_is_recorded(audited: Bureau) -> None:
    client = audited.sign_in("audit")
    client.get(URL)
    answer = client.post(f"{URL}/export", {"q": "zhang", "format": "xlsx"})
    assert answer.status == 200
    with zipfile.ZipFile(io.BytesIO(answer.body)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "张晓梅 代 周云" in sheet
    answer = client.post(f"{URL}/export", {"q": "zhang", "format": "csv"})
    assert answer.body.startswith(b"\xef\xbb\xbf")
    assert ",'=1+1," in answer.text
    row = AuditRecord.select().where(AuditRecord.action == "core.export_audit").first()
    assert json.loads(row.detail) == {"q": "zhang", "format": "xlsx", "total": 1}


def test_too_large_an_export_is_refused_with_a_way_out(
    audited: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openbureau.shell.console.audit.MOST_EXPORTED", 100)
    client = audited.sign_in("audit")
    client.get(URL)
    answer = client.post(f"{URL}/export", {"q": "li"})
    assert answer.status == 413
    assert "符合条件的有 120 条" in answer.words
    assert AuditRecord.select().where(AuditRecord.action == "core.export_audit").count() == 0


def test_verification_runs_in_the_background_and_tells_the_result(audited: Bureau) -> None:
    Sealer(audited.installation.settings.data).seal(audited.now)
    client = audited.sign_in("audit")
    client.get(f"{URL}/proof")
    started = client.post(f"{URL}/proof")
    assert "正在核验" in client.follow(started).words
    audited.run_jobs()
    words = client.get(started.location).words
    assert "核验完成" in words
    assert "完整，未被改动" in words
    assert 'id="verification"' in client.part(started.location).text


def test_a_broken_chain_alarms_audit_and_security(audited: Bureau) -> None:
    with writing():
        AuditRecord.insert(id=10**6, at=DAY, action="x.y").execute()
    Sealer(audited.installation.settings.data).seal(audited.now)
    with writing():
        AuditRecord.insert(id=10**4, at=DAY, action="x.z").execute()
    client = audited.sign_in("audit")
    client.get(f"{URL}/proof")
    client.post(f"{URL}/proof")
    audited.run_jobs()
    assert {notice.account.login for notice in Notice.select()} == {"audit", "security"}
    assert "号审计记录是事后插入的" in client.get(f"{URL}/proof").words


def test_an_anchor_can_be_printed_and_signed(audited: Bureau) -> None:
    Sealer(audited.installation.settings.data).seal(DAY)
    client = audited.sign_in("audit")
    assert "2026-03-03" in client.get(f"{URL}/proof").words
    words = client.get(f"{URL}/proof/2026-03-03").words
    assert "监交人" in words
    assert re.search(r"ed25519:1:[0-9a-f]{128}", words)
    assert client.get(f"{URL}/proof/2020-01-01").status == 404


def test_a_delegated_auditor_sees_the_own_part_only(audited: Bureau) -> None:
    with writing():
        Account.update(administrator_unit=unit("530100")).where(Account.login == "audit").execute()
    client = audited.sign_in("audit")
    assert total(client, "outcome=denied") == "1"
    assert total(client, "q=li") == "0"
    other = AuditRecord.get(AuditRecord.action == "core.grant_role")
    assert client.get(f"{URL}/{other.id}").status == 404


def test_others_see_nothing_of_it(audited: Bureau) -> None:
    for login in ("li", "system", "security"):
        assert audited.sign_in(login).get(URL).status == 403
