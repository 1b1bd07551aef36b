"""`report FILE.html`: where it writes, what it prints, and one line when it cannot."""

import json
import sys
from pathlib import Path

import click
import pytest
from report_records import filled, record, version

from data.cli import run
from data.store import Store
from training.report_command import report

MAIN = click.Group(commands={"report": report})


def called(monkeypatch: pytest.MonkeyPatch, folder: Path, *args: object) -> int:
    place = ["--db", str(folder / "tutor.db"), "--models", str(folder / "models")]
    monkeypatch.setattr(sys, "argv", ["training", "report", *map(str, args), *place])
    with pytest.raises(SystemExit) as end:
        run(MAIN, "training")
    assert isinstance(end.value.code, int)
    return end.value.code


def test_it_writes_the_page_and_says_which_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Store(tmp_path / "tutor.db") as store:
        filled(store)
        version(store, tmp_path / "models", record())
        version(store, tmp_path / "models", record(), publish=False)
    file = tmp_path / "page.html"
    assert called(monkeypatch, tmp_path, file) == 0
    assert capsys.readouterr().out == f"{file}: report on version 0001, which serves now\n"
    assert "Version 0001 serves" in file.read_text(encoding="utf-8")
    assert called(monkeypatch, tmp_path, file, "--version", "0002", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"file": str(file), "version": "0002", "serving": "0001"}
    assert "Version 0002 does not serve" in file.read_text(encoding="utf-8")


def test_without_a_version_it_exits_1_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Store(tmp_path / "tutor.db").close()
    assert called(monkeypatch, tmp_path, tmp_path / "page.html") == 1
    said = "error: nothing to report: no model was fitted yet; run `python -m training fit answers`\n"
    assert capsys.readouterr().err == said
    assert not (tmp_path / "page.html").exists()


def test_a_folder_that_is_not_there_exits_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Store(tmp_path / "tutor.db") as store:
        version(store, tmp_path / "models", record())
    assert called(monkeypatch, tmp_path, tmp_path / "no" / "page.html") == 1
    assert "there is no folder" in capsys.readouterr().err
