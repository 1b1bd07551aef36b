"""Tiny models, written once for the tests of this package, and its command line on a store with a course."""

import sys
from pathlib import Path

import pytest
import tiny
from command_line import Cli

from data.cli import run
from data.store import Store
from training.__main__ import main


@pytest.fixture(scope="session")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a BERT-like model."""
    return tiny.bert(tmp_path_factory.mktemp("models") / "bert")


@pytest.fixture(scope="session")
def gpt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a GPT-like model, whose tokenizer has no pad token."""
    return tiny.gpt(tmp_path_factory.mktemp("models") / "gpt")


@pytest.fixture
def place(tmp_path: Path) -> list[str]:
    """The common options of a store with a course in it."""
    with Store(tmp_path / "tutor.db") as store:
        tiny.fill(store, tiny.topics(roots=tiny.ROOTS[:8]))
    return ["--db", str(tmp_path / "tutor.db"), "--models", str(tmp_path / "models")]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run the command line in this process; return exit code, stdout and stderr."""

    def called(*args: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["training", *map(str, args)])
        with pytest.raises(SystemExit) as end:
            run(main, "training")
        said = capsys.readouterr()
        assert isinstance(end.value.code, int)
        assert "Traceback" not in said.err
        return end.value.code, said.out, said.err

    return called
