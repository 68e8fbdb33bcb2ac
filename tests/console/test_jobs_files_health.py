"""Screens of the system administrator: jobs, files and quotas, health; and their commands."""

import datetime as dt
import json
from typing import Any

import pytest
from click.testing import CliRunner

from openbureau.base.database import writing
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.audit.models import AuditRecord
from openbureau.kernel.files.actions import attach
from openbureau.kernel.files.models import StoredFile
from openbureau.kernel.files.quotas import used_bytes
from openbureau.kernel.files.storage import Stored, content_path
from openbureau.kernel.jobs.actions import enqueue
from openbureau.kernel.jobs.models import Job
from openbureau.kernel.jobs.queries import queue_age_s
from openbureau.kernel.settings.actions import choose_setting
from openbureau.kernel.settings.declared import CORE_SETTINGS
from openbureau.kernel.todos.models import Notice
from openbureau.shell.cli.root import root
from openbureau.shell.vitals import Heartbeat, note_backup
from openbureau.testing.bureau import Bureau

JOBS = "/-/console/jobs"
FILES = "/-/console/files"


def run(bureau: Bureau, *arguments: str, status: int = 0) -> Any:
    environment = {"OPENBUREAU_DATA": str(bureau.installation.settings.data)}
    done = CliRunner().invoke(root, [*arguments, "--json"], env=environment)
    assert done.exit_code == status, done.output
    return json.loads(done.stdout) if done.stdout else done.output


def make_job(bureau: Bureau, state: str, kind: str = "core.test_job", error: str = "") -> Job:
    with writing():
        job_id = enqueue(kind, {"件": 7}, now=bureau.now)
        Job.update(state=state, last_error=error, attempts=5).where(Job.id == job_id).execute()
    return Job.get_by_id(job_id)


def test_dead_jobs_are_shown_first_with_their_error(either_bureau: Bureau) -> None:
    job = make_job(either_bureau, "dead", error="RuntimeError: broken")
    make_job(either_bureau, "done")
    client = either_bureau.sign_in("system")
    words = client.get(JOBS).words
    assert "core.test_job" in words
    assert "RuntimeError: broken" in words
    assert "失败 1" in words
    words = client.get(f"{JOBS}/{job.id}").words
    assert '"件": 7' in words
    assert client.get(f"{JOBS}/999999").status == 404


def test_a_dead_job_is_replayed_and_that_is_recorded(either_bureau: Bureau) -> None:
    job = make_job(either_bureau, "dead")
    client = either_bureau.sign_in("system")
    client.get(f"{JOBS}/{job.id}")
    assert client.post(f"{JOBS}/{job.id}/replay").status == 303
    again = Job.get_by_id(job.id)
    assert (again.state, again.attempts) == ("ready", 0)
    assert AuditRecord.select().where(AuditRecord.action == "core.replay_job").count() == 1
    client.get(f"{JOBS}/{job.id}")
    assert client.post(f"{JOBS}/{job.id}/replay").status == 409


def test_all_dead_jobs_of_a_kind_are_replayed_at_once(either_bureau: Bureau) -> None:
    for kind in ("core.test_job", "core.test_job", "core.other_job"):
        make_job(either_bureau, "dead", kind)
    client = either_bureau.sign_in("system")
    assert "重放这一类的 2 个失败任务" in client.get(f"{JOBS}?kind=core.test_job").words
    assert client.post(f"{JOBS}/replay", {"kind": "core.test_job"}).status == 303
    states = sorted((job.kind, job.state) for job in Job.select())
    assert states == [("core.other_job", "dead"), *[("core.test_job", "ready")] * 2]
    assert client.post(f"{JOBS}/replay", {"kind": "no.such"}).status in {303, 404}


def test_a_parked_job_is_given_up_with_a_reason_and_kept(either_bureau: Bureau) -> None:
    job = make_job(either_bureau, "parked")
    client = either_bureau.sign_in("system")
    client.get(f"{JOBS}/{job.id}")
    assert client.post(f"{JOBS}/{job.id}/give-up", {"reason": ""}).status == 422
    assert client.post(f"{JOBS}/{job.id}/give-up", {"reason": "模块已卸载"}).status == 303
    given_up = Job.get_by_id(job.id)
    assert (given_up.state, given_up.last_error) == ("dead", "system: 模块已卸载")
    running = make_job(either_bureau, "running")
    client.get(f"{JOBS}/{running.id}")
    assert client.post(f"{JOBS}/{running.id}/give-up", {"reason": "x"}).status == 409


def test_the_age_of_the_queue(either_bureau: Bureau) -> None:
    assert queue_age_s(either_bureau.now) == 0
    make_job(either_bureau, "ready")
    assert queue_age_s(either_bureau.now + dt.timedelta(seconds=90)) == 90


def test_the_job_commands(bureau: Bureau) -> None:
    job = make_job(bureau, "dead", error="x")
    assert run(bureau, "job", "list", "--state", "dead")["jobs"][0]["error"] == "x"
    assert run(bureau, "job", "show", str(job.id))["payload"] == {"件": 7}
    assert run(bureau, "job", "replay", str(job.id), "--dry-run")["replayed"] == 1
    assert Job.get_by_id(job.id).state == "dead"
    assert run(bureau, "job", "replay", "--kind", "core.test_job")["replayed"] == 1
    assert run(bureau, "job", "show", "99", status=1)["error"]["code"] == "JOB-001"
    assert run(bureau, "job", "replay", status=1)["error"]["code"] == "JOB-002"


def keep_file(bureau: Bureau, login: str, name: str, size_bytes: int, digest: str) -> None:
    path = content_path(digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * min(size_bytes, 10))
    with writing():
        account = Account.get(Account.login == login)
        attach(
            "core/test", 1, Stored(digest, size_bytes, "text/plain", name), account.id, bureau.now
        )


def test_usage_by_unit_person_and_file(either_bureau: Bureau) -> None:
    keep_file(either_bureau, "li", "大.txt", 3_000_000, "a" * 64)
    keep_file(either_bureau, "zhang", "小.txt", 1_000, "b" * 64)
    words = either_bureau.sign_in("system").get(FILES).words
    for text in ("大.txt", "2.9 MB", "李志华", "张晓梅", "五华区局", "2/2,048", "还没有检查过"):
        assert text in words, text
    assert used_bytes(Account.get(Account.login == "li").id) == 3_000_000


def test_a_check_in_the_background_names_what_is_damaged(either_bureau: Bureau) -> None:
    keep_file(either_bureau, "li", "大.txt", 10, "a" * 64)
    client = either_bureau.sign_in("system")
    client.get(FILES)
    started = client.post(FILES)
    assert "正在检查" in client.follow(started).words
    either_bureau.run_jobs()
    words = client.get(started.location).words
    assert "损坏 1 个" in words
    assert "a" * 64 in words
    assert Notice.get().account.login == "system"


def test_the_quota_is_kept_and_says_so(bureau: Bureau) -> None:
    with writing():
        choose_setting(CORE_SETTINGS["core.quota_mb"], 1, now=bureau.now)
    keep_file(bureau, "li", "大.txt", 1_000_000, "a" * 64)
    client = bureau.sign_in("li")
    client.get("/-/units")
    answer = client.post("/-/uploads", {"name": "b.txt", "size": "100000"})
    assert answer.status == 413
    assert "配额是 1 MB" in json.loads(answer.body)["problem"]
    assert client.post("/-/uploads", {"name": "b.txt", "size": "1000"}).status == 200


def test_a_form_s_file_beyond_the_quota_comes_back_with_the_sentence(bureau: Bureau) -> None:
    with writing():
        choose_setting(CORE_SETTINGS["core.quota_mb"], 1, now=bureau.now)
    keep_file(bureau, "system", "大.txt", 1_048_570, "a" * 64)
    client = bureau.sign_in("system")
    client.get("/-/console/appearance")
    fields = {"unit": "530100", "zone": "staff", "theme": "", "name": "x"}
    answer = client.post("/-/console/appearance", fields, [("logo", "a.png", b"\x89PNG" * 10)])
    assert answer.status == 422
    assert "配额是 1 MB" in answer.words
    assert StoredFile.select().count() == 1


def test_the_files_commands(bureau: Bureau) -> None:
    keep_file(bureau, "li", "大.txt", 10, "a" * 64)
    found = run(bureau, "files", "usage")
    assert found["totals"]["files"] == 1
    assert found["people"][0]["person"] == "李志华"
    assert run(bureau, "files", "check", status=1)["damaged"] == 1


def test_health_says_what_to_do(either_bureau: Bureau) -> None:
    client = either_bureau.sign_in("system")
    words = client.get("/-/console/health").words
    assert "后台任务进程没有运行" in words
    assert "还没有备份过" in words
    data = either_bureau.installation.settings.data
    Heartbeat(data).tick(dt.datetime.now(dt.UTC))
    note_backup(data, dt.datetime.now(dt.UTC))
    words = client.get("/-/console/health").words
    assert "后台任务进程正在运行" in words
    assert "最近一次备份在 0 天前" in words


def test_an_old_queue_and_unsealed_records_are_named(either_bureau: Bureau) -> None:
    make_job(either_bureau, "ready")
    early = either_bureau.now - dt.timedelta(minutes=20)
    with writing():
        Job.update(run_at=early).execute()
        AuditRecord.insert(at=early, action="core.sign_in").execute()
    words = either_bureau.sign_in("system").get("/-/console/health").words
    assert "最早的任务已等待 20 分钟" in words
    assert "没有封存" in words


@pytest.mark.parametrize("url", [JOBS, FILES, "/-/console/health"])
def test_only_the_system_administrator_comes_in(bureau: Bureau, url: str) -> None:
    for login in ("li", "security", "audit"):
        assert bureau.sign_in(login).get(url).status == 403
