"""A small installation with rows, stored files and keys, and an empty place to restore to."""

import datetime as dt
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from openbureau.base.database import db, is_postgresql, open_database, writing
from openbureau.base.keys import installation_key
from openbureau.base.settings import Settings
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.units.models import Node
from openbureau.testing.postgresql import Postgresql

NOW = dt.datetime(2025, 3, 3, 9, 0, tzinfo=dt.UTC)


def keep_file(data: Path, content: bytes) -> Path:
    digest = hashlib.sha256(content).hexdigest()
    path = data / "files" / digest[:2] / digest[2:4] / digest
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.fixture
def installation(database: str, tmp_path: Path) -> Settings:
    data = tmp_path / "installation"
    keep_file(data, b"a circular")
    keep_file(data, "一份公文".encode() * 5000)
    installation_key(data, "audit")
    (data / "openbureau.toml").write_text('bureau_name = "示例局"\n', "utf-8")
    with writing():
        Node.create(name="示例局")
        for number in range(200):
            record_audit(action="x.y", at=NOW, record_id=number, detail={"说明": "备份"})
    return Settings(data=data, database=database)


@pytest.fixture
def elsewhere(request: pytest.FixtureRequest, installation: Settings, tmp_path: Path) -> Settings:
    """Settings of an empty installation on the same kind of database."""
    if is_postgresql():
        server: Postgresql = request.getfixturevalue("postgresql")
        return Settings(data=tmp_path / "elsewhere", database=server.new_database())
    return Settings(data=tmp_path / "elsewhere")


@pytest.fixture
def move_to() -> Callable[[Settings], None]:
    """Lets the database proxy mean another installation's database."""

    def move(settings: Settings) -> None:
        db.close()
        if is_postgresql():
            db.close_all()
        db.initialize(open_database(settings.database_url))

    return move
