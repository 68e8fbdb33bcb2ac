"""Work on many records: chosen rows and all that match, at once and by jobs; what goes wrong."""

import json
import re
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from openbureau_devices.models import Device
from openbureau_devices.registers import DEVICES

from openbureau.base.database import reading, writing
from openbureau.kernel.jobs.models import Job
from openbureau.kit.registers.bulk.running import BATCH
from openbureau.kit.registers.models import BulkFault, BulkRun, RecordChange
from openbureau.testing.bureau import Bureau
from openbureau.testing.client import Answer, Client

from .exported import device, keep

URL = "/devices/device"


@pytest.fixture
def zhang(devices: Bureau) -> Client:
    """Registers devices in her county."""
    devices.grant("zhang", "devices.registrar", "530102", "unit")
    return devices.sign_in("zhang")


def ordered(client: Client, asked: str, **changes: str | list[str]) -> Answer:
    """Confirms what the list sent to the page of an action; as its form would."""
    shown = client.get(f"{URL}/bulk?{asked}")
    assert shown.status == 200, shown.words
    fields: dict[str, str | list[str]] = {}
    for name, value in hidden(shown):
        before = fields.get(name, [])
        fields[name] = [*before, value] if name == "record" else value
    return client.post(f"{URL}/bulk", {**fields, **changes})


def hidden(answer: Answer) -> list[tuple[str, str]]:
    form = answer.text[answer.text.index(f'action="{URL}/bulk"') :]
    found = re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">', form)
    own = {"csrf", "once", "form_page", "form_by"}
    return [(name, unescape(value)) for name, value in found if name not in own]


def states() -> list[str]:
    with reading():
        return [row.state for row in Device.select().order_by(Device.id)]


def voided() -> int:
    with reading():
        return Device.select().where(Device.voided_at.is_null(is_null=False)).count()


def test_list_offers_what_the_person_may_do(devices: Bureau, zhang: Client) -> None:
    keep([device(1)])
    found = zhang.get(URL)
    for words in ("停用", "作废", "打印标签", "选择全部 1 台", "导出"):
        assert words in found.words
    devices.grant("sun", "devices.reader", "530102", "unit")
    words = devices.sign_in("sun").get(URL).words
    assert "打印标签" in words
    assert "作废" not in words
    assert devices.sign_in("sun").get(f"{URL}/bulk?act=void&record=1").status == 403


def test_chosen_rows_are_done_at_once_with_history_and_trail(
    devices: Bureau, zhang: Client
) -> None:
    rows = keep([device(1), device(2), device(3)])
    asked = f"act=idle&record={rows[0].id}&record={rows[2].id}&kind=lift"
    confirm = zhang.get(f"{URL}/bulk?{asked}").words
    assert "批量停用" in confirm
    assert "共 2 台" in confirm
    done = zhang.follow(ordered(zhang, asked))
    assert "已办理 2 条" in done.words
    assert states() == ["idle", "used", "idle"]
    with reading():
        assert RecordChange.select().count() == 2
    acts = devices.rows("SELECT action FROM audit_record WHERE realm = 'devices/device'")
    assert sorted(acts) == [("devices.bulk_device",), *[("devices.changed_device",)] * 2]
    assert "停用" in zhang.get(f"{URL}/runs").words


def test_void_needs_a_reason(devices: Bureau, zhang: Client) -> None:
    rows = keep([device(1)])
    refused = ordered(zhang, f"act=void&record={rows[0].id}", reason=" ")
    assert refused.status == 422
    assert "批量作废" in refused.words
    assert voided() == 0
    done = zhang.follow(ordered(zhang, f"act=void&record={rows[0].id}", reason="录重了"))
    assert "录重了" in done.words
    assert voided() == 1
    found = "SELECT 1 FROM search_entry WHERE summary LIKE ?"
    assert devices.rows(found, ("已作废%",)) == [(1,)]


def test_everything_that_matches_is_a_job_and_only_that(devices: Bureau, zhang: Client) -> None:
    many = 2 * BATCH + 30
    keep([device(n, kind="lift") for n in range(many)])
    keep([device(many, "530103", kind="lift"), device(many + 1)])
    waiting = zhang.follow(ordered(zhang, "act=idle&select_all=1&kind=lift"))
    assert "可以离开这一页" in waiting.words
    assert zhang.part(f"{waiting.url}?progress=1").status == 200
    keep([device(many + 2, kind="lift")])
    devices.run_jobs()
    assert zhang.part(f"{waiting.url}?progress=1").headers["hx-refresh"] == "true"
    found = zhang.get(waiting.url).words
    assert f"已办理 {many} 条" in found
    assert "设备种类 等于 电梯" in found
    assert states() == ["idle"] * many + ["used"] * 3
    with reading():
        run = BulkRun.get()
        assert (run.state, run.total, run.done_total) == ("done", many, many)


def test_what_no_longer_matches_or_is_refused_is_told(devices: Bureau, zhang: Client) -> None:
    rows = keep([device(n, kind="lift") for n in range(30)])
    waiting = zhang.follow(ordered(zhang, "act=idle&select_all=1&kind=lift"))
    with writing():
        Device.update(kind="crane").where(Device.id == rows[3].id).execute()
        Device.update(state="scrapped").where(Device.id == rows[4].id).execute()
        Device.delete().where(Device.id == rows[5].id).execute()
    devices.run_jobs()
    found = zhang.get(waiting.url)
    assert "已办理 27 条，3 条没有办理" in found.words
    assert found.words.count("不再符合条件") == 2
    assert "已报废的设备不能停用" in found.words
    assert f'href="{URL}/{rows[4].id}"' in found.text


def test_right_that_ended_meanwhile_stops_the_work(devices: Bureau, zhang: Client) -> None:
    keep([device(n) for n in range(30)])
    waiting = zhang.follow(ordered(zhang, "act=idle&select_all=1"))
    devices.enable("devices", state="readonly")
    devices.run_jobs()
    found = zhang.get(waiting.url).words
    assert "没有办理权限" in found
    assert states() == ["used"] * 30


def test_work_is_cancelled_once(devices: Bureau, zhang: Client) -> None:
    keep([device(n) for n in range(30)])
    waiting = zhang.follow(ordered(zhang, "act=idle&select_all=1"))
    zhang.get(waiting.url)
    assert "已取消" in zhang.follow(zhang.post(f"{waiting.url}/cancel")).words
    devices.run_jobs()
    assert states() == ["used"] * 30
    zhang.get(URL)
    assert zhang.post(f"{waiting.url}/cancel").status == 409


def test_runs_of_one_register_share_a_lane(zhang: Client) -> None:
    keep([device(n) for n in range(30)])
    for _ in range(2):
        ordered(zhang, "act=idle&select_all=1")
    with reading():
        assert {job.lane for job in Job.select()} == {"write devices/device"}
        assert Job.select().count() == 2


def test_same_form_sent_twice_acts_once(zhang: Client) -> None:
    rows = keep([device(1)])
    shown = zhang.get(f"{URL}/bulk?act=idle&record={rows[0].id}")
    fields = dict(hidden(shown))
    once = dict(zhang.hidden)
    first = zhang.post(f"{URL}/bulk", fields)
    zhang.hidden.update(once)
    assert zhang.post(f"{URL}/bulk", fields).location == first.location
    with reading():
        assert BulkRun.select().count() == 1


def test_changed_selection_is_confirmed_again(zhang: Client) -> None:
    keep([device(1), device(2)])
    answer = ordered(zhang, "act=idle&select_all=1", expected="1")
    assert (answer.status, "请再核对一次" in answer.words) == (422, True)
    assert states() == ["used", "used"]


BAD_CHOICES = {
    "act=idle": 422,
    "act=rocket&record=1": 404,
    "act=idle&record=x&record=-1&record=1e9&record=99999999999999": 422,
    "act=idle&record=999999": 422,
    "act=idle&select_all=1&kind=crane": 422,
    "act=idle&select_all=1&q=%25%27&due_on=xx": 422,
    "record=1": 404,
}


def test_bad_choices_are_told_in_a_sentence(zhang: Client) -> None:
    keep([device(1, kind="lift")])
    for asked, status in BAD_CHOICES.items():
        shown = zhang.get(f"{URL}/bulk?{asked}")
        assert (shown.status, asked) == (status, asked)
        zhang.get(URL)
        given = parse_qs(asked, keep_blank_values=True)
        fields: dict[str, str | list[str]] = {
            name: values if name == "record" else values[0] for name, values in given.items()
        }
        fields["address"] = asked
        assert zhang.post(f"{URL}/bulk", fields).status == status, asked
    assert states() == ["used"]


def test_rows_of_other_units_are_left_out(devices: Bureau, zhang: Client) -> None:
    rows = keep([device(1), device(2, "530103")])
    asked = "&".join(f"record={row.id}" for row in rows)
    assert "共 1 台" in zhang.get(f"{URL}/bulk?act=idle&{asked}").words
    zhang.get(URL)
    fields = {"act": "idle", "record": [str(row.id) for row in rows], "expected": "2"}
    assert zhang.post(f"{URL}/bulk", fields).status == 422
    assert states() == ["used", "used"]


def test_seen_but_not_theirs_to_change_is_told(devices: Bureau, zhang: Client) -> None:
    devices.grant("zhang", "devices.reader", "530100", "subtree")
    rows = keep([device(1), device(2, "530103")])
    asked = "&".join(f"record={row.id}" for row in rows)
    found = zhang.follow(ordered(zhang, f"act=idle&{asked}")).words
    assert "1 条没有办理" in found
    assert "不在您的办理范围内" in found
    assert states() == ["idle", "used"]


def test_a_million_numbers_are_refused(zhang: Client) -> None:
    zhang.get(URL)
    numbers = [str(number) for number in range(1, 1_000_001)]
    for many, words in ((numbers, "一次最多 2 MB"), (numbers[:2500], "最多 2,000 项")):
        refused = zhang.post(f"{URL}/bulk", {"act": "idle", "record": many})
        assert refused.status == 413
        assert words in refused.words
        assert "选择全部" in refused.words


def test_plugin_s_own_fault_ends_one_record_only(
    devices: Bureau, zhang: Client, tmp_path: Path
) -> None:
    rows = keep([device(n) for n in range(3)])
    # The history says this version was there already: writing it again is a fault.
    with writing():
        RecordChange.create(
            realm=DEVICES.realm,
            record_id=rows[1].id,
            version=2,
            action="changed",
            account=devices.context("zhang").account.id,
            at=devices.now,
        )
    found = zhang.follow(ordered(zhang, "act=idle&select_all=1")).words
    assert "已办理 2 条，1 条没有办理" in found
    assert "已记入日志" in found
    assert states() == ["idle", "used", "idle"]
    with reading():
        assert json.loads(BulkFault.get().problem)[1] == {}


def test_labels_are_of_what_was_chosen(devices: Bureau, zhang: Client) -> None:
    rows = keep([device(n) for n in range(26)])
    found = zhang.get(f"{URL}/labels?record={rows[0].id}")
    assert "D00000" in found.words
    assert found.text.count('<svg class="label-code"') == 1
    everything = zhang.get(f"{URL}/labels?select_all=1")
    assert everything.text.count("label-sheet") == 2
    assert "26 枚，2 张" in everything.words
    assert zhang.get(f"{URL}/labels?select_all=1&layout=large").text.count("label-sheet-large") == 3
    assert zhang.get(f"{URL}/labels").status == 422
    keep([device(n) for n in range(30, 310)])
    assert "一次最多打印 300 张" in zhang.get(f"{URL}/labels?select_all=1").words
