"""No business without an audit: nothing starts, and no write is kept, while it fails."""

import datetime as dt

import pytest
from click.testing import CliRunner

from openbureau.base.database import db, is_postgresql, writing
from openbureau.base.errors import OperatorError
from openbureau.kernel.audit.models import AuditRecord
from openbureau.kernel.audit.writable import require_writable_trail
from openbureau.shell.app import create_app
from openbureau.shell.cli.root import root
from openbureau.testing.bureau import Bureau

NOW = dt.datetime(2026, 3, 3, 9, 0, tzinfo=dt.UTC)
EMBEDDED = (
    "CREATE TRIGGER broken BEFORE INSERT ON audit_record BEGIN SELECT RAISE(ABORT, 'broken'); END",
)
SERVER = (
    "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken'; END $$",
    "CREATE TRIGGER broken BEFORE INSERT ON audit_record FOR EACH ROW EXECUTE FUNCTION broken()",
)


def break_the_trail() -> None:
    """From now on no audit record can be written."""
    with writing():
        for sql in SERVER if is_postgresql() else EMBEDDED:
            db.execute_sql(sql)


def mend_the_trail() -> None:
    with writing():
        db.execute_sql(f"DROP TRIGGER broken{' ON audit_record' if is_postgresql() else ''}")


@pytest.fixture
def broken(either_bureau: Bureau) -> Bureau:
    break_the_trail()
    return either_bureau


def test_trying_leaves_no_record(either_bureau: Bureau) -> None:
    before = AuditRecord.select().count()
    require_writable_trail(NOW)
    assert AuditRecord.select().count() == before


def test_no_web_process_starts_without_an_audit(broken: Bureau) -> None:
    with pytest.raises(OperatorError, match="AUD-001"):
        create_app(broken.installation.settings)


def test_serve_names_the_fault(bureau: Bureau) -> None:
    break_the_trail()
    data = str(bureau.installation.settings.data)
    result = CliRunner().invoke(root, ["--data", data, "serve"])
    assert result.exit_code == 1
    assert "AUD-001" in result.output


def test_a_write_whose_audit_fails_is_not_kept(broken: Bureau) -> None:
    client = broken.client()
    client.get("/-/sign-in")
    answer = client.post("/-/sign-in", {"login": "li", "password": "correct-horse-7"})
    assert answer.status == 503
    assert "审计记录没有写成，这一步因此没有办理" in answer.words
    assert broken.rows("SELECT COUNT(*) FROM session") == [(0,)]
    mend_the_trail()
    assert broken.sign_in("li")


@pytest.mark.parametrize("table", ["audit_record", "audit_seal", "audit_checkpoint"])
def test_postgresql_refuses_to_empty_a_table_of_the_trail(
    either_bureau: Bureau, table: str
) -> None:
    verb = f"TRUNCATE {table}" if is_postgresql() else f"DELETE FROM {table} WHERE 1 = 1"
    either_bureau.sign_in("li")
    with writing():
        db.execute_sql("INSERT INTO audit_seal (record_id, digest) VALUES (1, 'd')")
        db.execute_sql(
            "INSERT INTO audit_checkpoint (seal_id, digest, at, signature) VALUES (1, 'd', 1, 's')"
        )
    with pytest.raises(Exception, match="can only be added to"), writing():
        db.execute_sql(verb)
