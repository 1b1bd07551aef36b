"""The doctor finds what is wrong with each part, says what to do, and changes nothing."""

import asyncio
import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
import tiny
import topic_bundle
from forked import Bot

from bot import doctor
from data import backups, diagnosis
from data.diagnosis import Finding
from data.locks import running_alone
from data.people import Pseudonyms, check_key
from data.store import Store
from qa_model import bundle

TOKEN = "123456:ABC-def"


class Telegram(HTTPServer):
    """Answers getMe as it is told to, with the time that it is told."""

    status, ahead_s, body = 200, 0.0, json.dumps({"ok": True, "result": {"username": "test_bot"}}).encode()

    @property
    def environment(self) -> dict[str, str]:
        return {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_BASE_URL": f"http://127.0.0.1:{self.server_port}/bot"}


class Handler(BaseHTTPRequestHandler):
    server: Telegram

    def do_GET(self) -> None:
        assert self.path == f"/bot{TOKEN}/getMe"
        self.send_response_only(self.server.status)
        self.send_header("Date", formatdate(time.time() + self.server.ahead_s, usegmt=True))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def telegram() -> Iterator[Telegram]:
    server = Telegram(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def levels(findings: Iterator[Finding]) -> dict[str, str]:
    return {finding.about: finding.level for finding in findings}


def the(findings: Iterator[Finding], about: str) -> Finding:
    (found,) = [finding for finding in findings if finding.about == about]
    return found


def write(store: Store, sql: str, *args: object) -> None:
    store.write(lambda db: db.execute(sql, args))


def test_a_store_that_is_well_has_nothing_but_ok(store: Store) -> None:
    assert levels(diagnosis.store_found(store.path)) == dict.fromkeys(("permissions", "store", "clock", "locks"), "ok")
    assert "no bot is running" in the(diagnosis.store_found(store.path), "locks").told
    with running_alone(store.path):
        assert "a bot is running" in the(diagnosis.store_found(store.path), "locks").told
    with running_alone(store.path):
        pass  # the look has not kept the lock


def test_a_missing_store_is_an_error_and_is_not_made(tmp_path: Path) -> None:
    found = the(diagnosis.store_found(tmp_path / "none.db"), "store")
    assert (found.level, "data sample" in found.advice) == ("error", True)
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_others_may_read_is_a_warning(store: Store) -> None:
    store.path.chmod(0o644)
    found = the(diagnosis.store_found(store.path), "permissions")
    assert (found.level, found.advice) == ("warning", f"run `chmod 600 {store.path}`")


def test_what_is_no_database_is_an_error_with_how_to_restore(tmp_path: Path) -> None:
    (tmp_path / "tutor.db").write_bytes(b"garbage" * 1000)
    found = the(diagnosis.store_found(tmp_path / "tutor.db"), "store")
    assert (found.level, "data restore" in found.advice) == ("error", True)


def test_a_broken_reference_is_an_error(store: Store) -> None:
    with closing(sqlite3.connect(store.path)) as db, db:
        db.execute("insert into escalations (question, created_at) values (7, '')")
    found = the(diagnosis.store_found(store.path), "store")
    assert (found.level, "missing row of questions" in found.told) == ("error", True)


def test_tables_of_a_newer_version_are_an_error(store: Store) -> None:
    write(store, "insert into _sqlite_migrations (migration_set, name, applied_at) values ('tutor', '9999_x', '')")
    assert "9999_x" in the(diagnosis.store_found(store.path), "tables").told


def test_tables_of_an_older_version_are_left_as_they_are(store: Store) -> None:
    write(store, "delete from _sqlite_migrations where name = '0003_delivery'")
    found = the(diagnosis.store_found(store.path), "tables")
    assert (found.level, "0003_delivery" in found.told) == ("ok", True)


def test_what_was_set_aside_is_a_warning(store: Store) -> None:
    write(store, "insert into inbox (update_id, state, received_at) values (1, 'failed', '')")
    assert "bot quarantine" in the(diagnosis.store_found(store.path), "quarantine").advice


def test_a_clock_that_was_set_back_is_a_warning(store: Store) -> None:
    ahead = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    write(store, "insert into questions (text, asked_at) values ('q', ?)", ahead)
    assert the(diagnosis.store_found(store.path), "clock").level == "warning"


def test_a_store_that_another_program_holds_is_an_error(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis, "LOCK_TIMEOUT_S", 0.01)
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("begin immediate")
        assert "locked" in the(diagnosis.store_found(store.path), "locks").told


def test_a_key_is_looked_at_and_never_made(store: Store, tmp_path: Path) -> None:
    key = tmp_path / "keys" / "tutor.key"
    assert levels(diagnosis.key_found(store.path, key)) == {"key": "ok"}
    assert not key.exists()
    store.write(check_key, Pseudonyms.open(key))
    assert levels(diagnosis.key_found(store.path, key)) == {"key": "ok"}
    key.chmod(0o640)
    assert [f.level for f in diagnosis.key_found(store.path, key)] == ["warning"]
    other = tmp_path / "other.key"
    Pseudonyms.open(other)
    assert [f.level for f in diagnosis.key_found(store.path, other)] == ["ok", "error"]
    other.write_text("x")
    assert [f.level for f in diagnosis.key_found(store.path, other)] == ["ok", "error"]
    key.unlink()
    assert [f.level for f in diagnosis.key_found(store.path, key)] == ["error"]
    assert levels(diagnosis.key_found(tmp_path / "none.db", key)) == {"key": "ok"}


def test_backups_are_to_be_young(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    found = diagnosis.backups_found(folder)
    assert (found.level, f"data backup {folder} --keep" in found.advice) == ("warning", True)
    new = backups.rotate(store, folder, 7)
    assert diagnosis.backups_found(folder).level == "ok"
    new.rename(folder / "tutor-20200101T000000000000Z.db")
    assert diagnosis.backups_found(folder).level == "warning"


def test_backups_lie_beside_the_store_or_where_it_is_said() -> None:
    assert doctor.folder_of_backups({}, Path("var/tutor.db")) == Path("var/backups")
    assert doctor.folder_of_backups({"TUTOR_BACKUPS": "~/b"}, Path("var/tutor.db")) == Path.home() / "b"


def test_the_versions_here_are_those_that_the_project_names() -> None:
    assert levels(doctor.versions_found()) == {"versions": "ok"}


@pytest.mark.parametrize(
    "old", [{"MIN_SQLITE": (99,)}, {"PROJECT": "no-such-project"}, {"PROJECT": "python-telegram-bot"}]
)
def test_another_version_or_project_is_an_error_or_well(
    old: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in old.items():
        monkeypatch.setattr(doctor, name, value)
    assert ("error" in [f.level for f in doctor.versions_found()]) == (old.get("PROJECT") != "python-telegram-bot")


@pytest.mark.parametrize(("least", "low", "level"), [(0, 0, "ok"), (0, 2**60, "warning"), (2**60, 2**61, "error")])
def test_the_disk_is_looked_at_where_the_folder_will_be(
    least: int, low: int, level: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "MIN_FREE_BYTES", least)
    monkeypatch.setattr(doctor, "LOW_FREE_BYTES", low)
    (found,) = doctor.disk_found({"disk": tmp_path / "not" / "yet" / "tutor.db"})
    assert (found.level, str(tmp_path) in found.told) == (level, True)


def test_the_model_that_serves_loads(tmp_path: Path) -> None:
    assert doctor.model_found(tmp_path).told == "version base is whole and loads, served by onnx"


def test_a_published_version_that_fails_its_check_is_an_error(own_models: Path) -> None:
    (own_models / "answers").mkdir(exist_ok=True)
    (own_models / "answers" / "current").write_text("0007\n")
    found = doctor.model_found(own_models)
    assert (found.level, "0007 does not pass" in found.told, "rollback" in found.advice) == ("error", True, True)
    (own_models / "answers" / "current").write_bytes(b"\xff")
    assert doctor.model_found(own_models).level == "error"


def test_labels_models_that_are_published_are_looked_at(tmp_path: Path) -> None:
    assert list(doctor.labels_found(tmp_path)) == []
    base = tiny.bert(tmp_path / "bert")
    for course in ("a", "b", "b", "c"):
        topic_bundle.published(tmp_path, course, base, {"ba": ("babel",), "de": ("debel",)})
    bundle.publish(tmp_path, bundle.BASE, "labels/c")
    assert levels(doctor.labels_found(tmp_path)) == {"labels of a": "ok", "labels of b": "ok"}
    for course, version in (("a", "0001"), ("b", "0002")):
        (tmp_path / "labels" / course / version / "head" / "weights.safetensors").write_bytes(b"")
    whole, fallen = doctor.labels_found(tmp_path)
    assert (whole.level, fallen.level) == ("error", "error")
    assert "is missing or was changed" in whole.told and "--kind labels/a" in whole.advice
    assert fallen.told == "version 0002 does not pass its check; 0001 serves in its place"


def test_telegram_that_knows_the_token_is_ok(telegram: Telegram) -> None:
    assert levels(doctor.telegram_found(telegram.environment)) == {"settings": "ok", "telegram": "ok", "clock": "ok"}
    assert the(doctor.telegram_found(telegram.environment), "telegram").told == "reached as @test_bot"


@pytest.mark.parametrize(
    ("status", "body", "level"),
    [
        (401, b"{}", "error"),
        (404, b"", "error"),
        (502, b"", "warning"),
        (200, b"<html>", "warning"),
        (200, b"[]", "warning"),
    ],
)
def test_other_answers_of_telegram_are_told_apart(telegram: Telegram, status: int, body: bytes, level: str) -> None:
    telegram.status, telegram.body = status, body
    found = list(doctor.telegram_found(telegram.environment))
    assert the(iter(found), "telegram").level == level
    assert all(TOKEN not in doctor.line(finding) for finding in found)


@pytest.mark.parametrize("ahead_s", [300.0, -300.0])
def test_a_clock_that_is_not_telegrams_is_a_warning(telegram: Telegram, ahead_s: float) -> None:
    telegram.ahead_s = ahead_s
    found = the(doctor.telegram_found(telegram.environment), "clock")
    assert found.level == "warning"
    assert ("behind" in found.told) == (ahead_s > 0)


def test_a_telegram_that_is_not_reached_is_a_warning_without_the_token(telegram: Telegram) -> None:
    telegram.server_close()
    found = the(doctor.telegram_found(telegram.environment), "telegram")
    assert (found.level, "cannot be reached" in found.told, TOKEN in doctor.line(found)) == ("warning", True, False)


def test_each_wrong_setting_is_an_error() -> None:
    assert [f.level for f in doctor.telegram_found({"TUTOR_ADMINS": "ada"})] == ["error", "error"]


async def test_the_command_says_all_of_it_and_exits_1_on_an_error(
    course: Store, models: Path, telegram: Telegram, tmp_path: Path
) -> None:
    async def call(name: str, *args: str, **environment: str) -> tuple[int | None, str]:
        known = {name: value for name, value in os.environ.items() if not name.startswith(("TELEGRAM", "TUTOR"))}
        (tmp_path / name).mkdir()
        where = ["--db", str(course.path), "--models", str(models)]
        process = Bot(tmp_path / name, ["doctor", *where, *args], known | environment)
        async with asyncio.timeout(120):
            out, _ = await process.communicate()
        return process.returncode, out.decode()

    code, out = await call("well", "--json", **telegram.environment)
    told = json.loads(out)
    assert (code, told["healthy"]) == (0, True)
    about = {"versions", "store", "key", "backups", "model", "telegram", "clock"}
    assert {f["about"] for f in told["findings"]} >= about
    code, out = await call("without a token")
    assert code == 1
    assert [line for line in out.splitlines() if line.startswith("error ")] == [
        line for line in out.splitlines() if "TELEGRAM_BOT_TOKEN is not set" in line
    ]
