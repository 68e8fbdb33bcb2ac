"""What administrators do on their screens, done on the command line."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from openbureau.base.database import writing
from openbureau.kernel.access.models import Delegation, Role
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.accounts.passwords import is_password
from openbureau.kernel.audit.models import AuditRecord
from openbureau.kernel.jobs.actions import enqueue
from openbureau.kernel.todos.models import Todo
from openbureau.kernel.units.models import Unit
from openbureau.shell.cli.root import root
from openbureau.testing.bureau import Bureau

WRITE = "bulletins.write_bulletin"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
DAYS = ("--from", "2099-01-01", "--to", "2099-01-05")


def run(bureau: Bureau, *arguments: str) -> Result:
    data = str(bureau.installation.settings.data)
    return CliRunner().invoke(root, ["--data", data, *arguments])


def read(bureau: Bureau, *arguments: str) -> Any:
    done = run(bureau, *arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def refused(bureau: Bureau, *arguments: str) -> str:
    done = run(bureau, *arguments, "--json")
    assert done.exit_code != 0
    return str(json.loads(done.stdout)["error"]["code"])


def account(login: str) -> Account:
    return Account.get(Account.login == login)


def audited(action: str) -> dict[str, Any]:
    row = AuditRecord.select().where(AuditRecord.action == action).order_by(AuditRecord.id.desc())
    return dict(json.loads(row.first().detail))


def test_a_role_is_made_changed_retired_and_restored(bureau: Bureau) -> None:
    tried = read(bureau, "role", "create", "起草人", "--permission", WRITE, "--dry-run")
    assert (tried["role"], Role.get_or_none(Role.name == "起草人")) == (None, None)
    code = read(bureau, "role", "create", "起草人", "--permission", WRITE)["role"]
    run(bureau, "role", "grant", code, "zhang", "--unit", "530102")
    effect = read(bureau, "role", "change", code, "--remove", WRITE, "--dry-run")
    assert effect["losses"] == [["张晓梅", WRITE]]
    assert bureau.context("zhang").may(WRITE)
    assert read(bureau, "role", "change", code, "--remove", WRITE)["applied"]
    assert not bureau.context("zhang").may(WRITE)
    assert read(bureau, "role", "retire", code, "--reason", "不再使用")["applied"]
    assert not Role.get(Role.code == code).is_active
    assert refused(bureau, "role", "retire", code, "--reason", "再停一次") == "ROLE-010"
    assert read(bureau, "role", "restore", code, "--reason", "恢复")["applied"]
    assert audited("core.restore_role")["origin"] == "command line"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("create", "新角色", "--permission", "nothing.here"), "ROLE-004"),
        (("create", "  "), "CLI-001"),
        (("change", "nothing.here", "--name", "x"), "ROLE-001"),
        (("change", "bulletins.publisher", "--remove", "nothing.here"), "ROLE-005"),
        (("adopt-template", "nothing.here"), "ROLE-001"),
    ],
)
def test_a_role_that_cannot_be_is_refused(
    bureau: Bureau, arguments: tuple[str, ...], code: str
) -> None:
    assert refused(bureau, "role", *arguments) == code


def test_an_edited_role_goes_back_to_its_template(bureau: Bureau) -> None:
    before = read(bureau, "role", "show", "bulletins.publisher")["permissions"]
    read(bureau, "role", "change", "bulletins.publisher", "--remove", before[0])
    assert read(bureau, "role", "show", "bulletins.publisher")["missing_from_template"]
    assert read(bureau, "role", "adopt-template", "bulletins.publisher")["applied"]
    assert read(bureau, "role", "show", "bulletins.publisher")["permissions"] == before


def test_a_post_is_added_changed_and_ended(bureau: Bureau) -> None:
    where = ("zhang", "--unit", "530103", "--title", "副局长")
    assert read(bureau, "post", "add", *where, "--dry-run")["post"] is None
    made = read(bureau, "post", "add", *where)["post"]
    changed = read(bureau, "post", "change", str(made), "--title", "局长", "--leader", "--primary")
    assert (changed["unit"], changed["title"], changed["is_leader"]) == ("530103", "局长", True)
    assert [p["post"] for p in read(bureau, "post", "list", "zhang") if p["is_primary"]] == [made]
    assert refused(bureau, "post", "change", str(made), "--nature", "acting") == "POST-002"
    given = ("bulletins.publisher", "zhang", "--unit", "530103", "--post", str(made))
    assert read(bureau, "role", "grant", *given)["applied"]
    assert read(bureau, "post", "end", str(made))["is_active"] is False
    assert not Post.get_by_id(made).is_active
    assert refused(bureau, "post", "end", str(made)) == "POST-001"


def test_a_persons_data_is_changed(bureau: Bureau) -> None:
    tried = read(bureau, "account", "change", "zhang", "--mobile", "13800000000", "--dry-run")
    assert (tried["applied"], account("zhang").mobile) == (False, "")
    read(bureau, "account", "change", "zhang", "--mobile", "13800000000", "--name", "章小梅")
    assert (account("zhang").mobile, account("zhang").initials) == ("13800000000", "zxm")
    assert refused(bureau, "account", "change", "zhang") == "ACC-007"


def test_new_people_get_their_slips_in_a_file_of_ones_own(bureau: Bureau, tmp_path: Path) -> None:
    read(bureau, "account", "create", "qian", "钱敏", "--unit", "530103", "--phone", "0871-1")
    file = tmp_path / "slips.csv"
    assert read(bureau, "account", "slips", "530103", str(file))["accounts"] == ["qian"]
    assert file.stat().st_mode & 0o077 == 0
    login, name, password = file.read_text("utf-8-sig").splitlines()[1].split(",")
    assert (login, name) == ("qian", "钱敏")
    assert is_password(str(account("qian").password_hash), password)
    assert account("qian").must_change_password
    read(bureau, "account", "create", "qian2", "钱敏二", "--unit", "530103")
    assert refused(bureau, "account", "slips", "530103", str(file)) == "FILE-010"
    assert account("qian2").password_hash is None


def test_a_delegation_is_arranged_and_ended(bureau: Bureau) -> None:
    pair = ("delegation", "add", "wang", "zhang", *DAYS, "--reason", "出差")
    assert read(bureau, *pair, "--dry-run")["delegation"] is None
    assert refused(bureau, *pair, "--as", "sun") == "ACC-006"
    made = read(bureau, *pair, "--as", "security")["delegation"]
    assert Delegation.get_by_id(made).account_id == account("security").id
    assert refused(bureau, *pair) == "DLG-001"
    assert refused(bureau, "delegation", "end", str(made), "--as", "sun") == "ACC-006"
    assert read(bureau, "delegation", "end", str(made), "--as", "zhang")["applied"]
    assert Delegation.get_by_id(made).ended_by_id == account("zhang").id
    assert refused(bureau, "delegation", "end", "99") == "DLG-003"
    assert read(bureau, "delegation", "list") == read(bureau, "delegations")


def test_duties_are_handed_over_as_they_were_looked_at(bureau: Bureau) -> None:
    Todo.create(
        kind="do", plugin="core", realm="core/test", record_id=1, account=account("zhang"),
        unit=Unit.get(Unit.code == "530102"), title="事项", arrived_at=1,
    )  # fmt: skip
    [post] = read(bureau, "handover", "preview", "zhang", "--as", "system")["posts"]
    go = ("handover", "carry-out", "zhang", "sun", "--reason", "调离", "--as", "system")
    tried = read(bureau, *go, "--pass-post", str(post["post"]), "--dry-run")
    assert (tried["handover"], Todo.get().account_id) == (None, account("zhang").id)
    assert refused(bureau, *go, "--plan", tried["plan"]) == "HAND-005"
    assert refused(bureau, *go, "--kind", "nonsense") == "HAND-003"
    assert refused(bureau, *go[:-1], "security") == "ACC-006"
    done = read(bureau, *go, "--pass-post", str(post["post"]), "--plan", tried["plan"])
    assert Todo.get().account_id == account("sun").id
    assert not Post.get_by_id(post["post"]).is_active
    assert {row["authentic"] for row in read(bureau, "handover", "verify")} == {True}
    assert read(bureau, "handover", "show", done["handover"])["successor"] == "sun"


def test_the_trail_is_filtered_shown_and_exported(bureau: Bureau, tmp_path: Path) -> None:
    read(bureau, "account", "change", "zhang", "--room", "301")
    query = ("--action", "core.change_account", "--record", f"core/account:{account('zhang').id}")
    [row] = read(bureau, "audit", "list", *query)
    assert row["detail"]["after"] == {"room": "301"}
    assert read(bureau, "audit", "show", str(row["id"]))["action"] == "core.change_account"
    assert read(bureau, "audit", "list", *query, "--to", "2000-01-01") == []
    assert len(read(bureau, "audit", "list", *query, "--to", "9999-12-31")) == 1
    assert audited("core.read_audit")["to"] == "9999-12-31"
    for name in ("trail.csv", "trail.xlsx"):
        assert read(bureau, "audit", "table", str(tmp_path / name), *query)["records"] == 1
    words = (tmp_path / "trail.csv").read_text("utf-8-sig")
    assert "编号,时间,人员,账号,单位,操作,对象,结果" in words
    assert "修改联系方式,张晓梅,成功" in words
    assert "core." not in words
    shown = run(bureau, "audit", "show", str(row["id"])).output
    assert "操作：修改联系方式" in shown
    assert "修改联系方式  张晓梅" in run(bureau, "audit", "list", *query).output
    assert audited("core.export_audit")["total"] == 1
    assert refused(bureau, "audit", "table", str(tmp_path / "trail.csv")) == "FILE-010"
    assert refused(bureau, "audit", "table", str(tmp_path / "trail.pdf")) == "AUD-006"
    assert refused(bureau, "audit", "list", "--record", "core/account:x") == "AUD-007"
    assert refused(bureau, "audit", "show", "999999") == "AUD-005"


def test_quotas_are_seen_chosen_and_taken_back(bureau: Bureau) -> None:
    assert read(bureau, "files", "quotas")[0]["quota_mb"] == 2048
    read(bureau, "files", "set-quota", "100", "--unit", "530102", "--dry-run")
    assert len(read(bureau, "files", "quotas")) == 1
    read(bureau, "files", "set-quota", "100", "--unit", "530102")
    assert read(bureau, "files", "quotas", "--unit", "530102")[0] == {
        "unit": "530102", "quota_mb": 100, "is_own": True,
    }  # fmt: skip
    read(bureau, "files", "set-quota", "inherit", "--unit", "530102")
    assert len(read(bureau, "files", "quotas")) == 1
    assert refused(bureau, "files", "set-quota", "much") == "SET-003"


def test_units_are_placed_shown_and_split_with_people(bureau: Bureau) -> None:
    last = read(bureau, "unit", "show", "530102")["siblings"]
    assert read(bureau, "unit", "place", "530102", str(last))["place"] == last
    split = ("530102", "530109", "新设局", "--person", "zhang", "--basis", "文号")
    assert read(bureau, "unit", "split", *split)["people"] == ["zhang"]
    assert read(bureau, "unit", "show", "530109")["people"] == 1
    assert refused(bureau, "unit", "contacts", "530109") == "UNIT-020"


def test_plugins_and_looks_are_shown_and_chosen(bureau: Bureau, tmp_path: Path) -> None:
    read(bureau, "plugin", "set", "bulletins", "on", "--scope", "unit:530102")
    assert read(bureau, "plugin", "show", "bulletins")["units"]["530102"] == "on"
    assert refused(bureau, "appearance", "set", "530102", "--theme", "no-such") == "APP-001"
    read(bureau, "appearance", "set", "530102", "--name", "五华区局平台")
    [row] = read(bureau, "appearance", "list")
    assert (row["unit"], row["name"]) == ("530102", "五华区局平台")
    (tmp_path / "logo.png").write_bytes(PIXEL)
    (tmp_path / "logo.txt").write_text("no picture")
    logo = ("appearance", "set", "530102", "--logo")
    assert refused(bureau, *logo, str(tmp_path / "logo.txt")) == "APP-002"
    assert read(bureau, *logo, str(tmp_path / "logo.png"), "--dry-run")["has_logo"] is False
    assert read(bureau, "files", "check")["orphans"] == 0
    assert read(bureau, *logo, str(tmp_path / "logo.png"))["has_logo"] is True
    assert read(bureau, "appearance", "set", "530102", "--drop-logo")["has_logo"] is False


def test_a_group_brings_a_role_until_it_is_ended(bureau: Bureau, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("secret")
    described = (
        *("--name", "省局目录", "--url", "ldaps://ldap.example", "--bind-dn", "cn=r,dc=example"),
        *("--base", "dc=example", "--password-file", str(tmp_path / "password")),
    )
    assert read(bureau, "source", "add", "main", *described, "--dry-run")["applied"] is False
    assert read(bureau, "source", "list") == []
    read(bureau, "source", "add", "main", *described)
    group = ("group-role", "add", "main", "cn=publishers,dc=example")
    assert refused(bureau, "group-role", "add", "main", "x", "bulletins.publisher") == "GRP-002"
    assert refused(bureau, *group, "nothing.here") == "ROLE-001"
    assert read(bureau, *group, "bulletins.publisher", "--dry-run")["mapping"] is None
    made = read(bureau, *group, "bulletins.publisher", "--unit", "530102")["mapping"]
    [row] = read(bureau, "group-role", "list")
    assert (row["mapping"], row["role"], row["unit"]) == (made, "bulletins.publisher", "530102")
    assert read(bureau, "group-role", "end", str(made))["applied"]
    assert refused(bureau, "group-role", "end", str(made)) == "GRP-001"
    assert read(bureau, "group-role", "list") == []


def test_a_preview_is_asked_for_and_lines_are_left_out(bureau: Bureau) -> None:
    assert refused(bureau, "sync-runs", "start", "-", "--as", "system") == "LDAP-009"
    assert refused(bureau, "sync-runs", "start", "nowhere", "--as", "system") == "LDAP-005"
    assert refused(bureau, "sync-runs", "start", "-", "--as", "security") == "CORE-403"
    assert refused(bureau, "sync-runs", "exclude", "x", "id", "--as", "system") == "LDAP-008"


def test_a_waiting_job_is_given_up(bureau: Bureau) -> None:
    with writing():
        job = enqueue("core.test", {}, now=bureau.now)
    give_up = ("job", "give-up", str(job), "--reason", "不再需要")
    assert read(bureau, *give_up, "--dry-run")["dry_run"]
    assert read(bureau, "job", "show", str(job))["state"] == "ready"
    read(bureau, *give_up)
    assert read(bureau, "job", "show", str(job))["state"] == "dead"
    assert refused(bureau, *give_up) == "JOB-003"
