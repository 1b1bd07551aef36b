"""A store that is damaged or held: each command says so in a line, and a backup brings it back."""

import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import click
import pytest
import world

from bot.__main__ import main as bot
from data import backups, connections
from data.__main__ import main as data
from data.cli import run
from data.store import Store

Call = Callable[..., tuple[int, str]]
PAGE = 4096


@pytest.fixture
def known(tmp_path: Path) -> world.World:
    return world.make(tmp_path)


@pytest.fixture
def call(known: world.World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run a command on the world's store in this process; return its exit code and what it wrote."""
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "1:TEST")

    def one(group: click.Group, *args: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["x", *args, "--db", str(known.db), "--models", str(known.models)])
        with pytest.raises(SystemExit) as left:
            run(group, "x")
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return int(left.value.code or 0), out + err

    return one


def damage(path: Path, start: int) -> None:
    """Overwrite every page from the `start`th on, as a failing disk may."""
    raw = bytearray(path.read_bytes())
    raw[start * PAGE :] = b"\xa5" * (len(raw) - start * PAGE)
    path.write_bytes(raw)


@pytest.mark.parametrize("start", [0, 2, 20])
def test_a_damaged_store_is_said_and_a_backup_brings_it_back(start: int, known: world.World, call: Call) -> None:
    folder = known.db.with_name("backups")
    assert call(data, "backup", str(folder), "--keep", "2")[0] == 0
    (backup,) = backups.backups(folder)
    damage(known.db, start)
    commands = ((data, "check"), (data, "backup", str(folder), "--keep", "1"), (bot, "doctor"))
    for group, *words in commands:
        code, said = call(group, *words)
        assert code == 1
        assert "restore" in said or "malformed" in said or "damaged" in said
    assert backups.backups(folder) == [backup]  # a damaged store pushes no sound backup out
    code, said = call(data, "restore", str(backup))
    assert (code, "restored" in said) == (0, True)
    assert call(data, "check")[0] == 0
    assert call(bot, "ask", world.question(0))[0] == 0


@pytest.mark.parametrize("words", [("run",), ("ask", "basel q0")])
def test_a_bot_does_not_start_on_a_damaged_store_and_says_what_to_do(
    words: tuple[str, ...], known: world.World, call: Call
) -> None:
    damage(known.db, 0)
    code, said = call(bot, *words)
    assert (code, "restore" in said) == (1, True)


def test_a_store_that_another_program_holds_is_said(
    known: world.World, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "BUSY_TIMEOUT_S", 0.05)
    with closing(sqlite3.connect(known.db, isolation_level=None)) as other:
        other.execute("begin immediate")
        code, said = call(data, "sample")
    assert (code, "another program holds it" in said) == (1, True)
    assert call(data, "sample")[0] == 0


def test_a_half_written_backup_is_refused_and_the_store_untouched(known: world.World, call: Call) -> None:
    folder = known.db.with_name("backups")
    call(data, "backup", str(folder), "--keep", "2")
    (backup,) = backups.backups(folder)
    backup.write_bytes(backup.read_bytes()[: 10 * PAGE])
    code, said = call(data, "restore", str(backup))
    assert (code, "backup" in said) == (1, True)
    with Store(known.db, create=False):
        assert call(data, "check")[0] == 0
