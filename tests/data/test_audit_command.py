"""`python -m data log` and `undo`, as a maintainer has them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from data.__main__ import main
from data.errors import Refused
from data.store import Store

HEADER = "course,id,question,answer\n"


@pytest.fixture(autouse=True)
def imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store into which two files were imported."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TUTOR_DB", "tutor.db")
    for name, rows in (("one.csv", "c,a,A?,One.\nc,b,B?,Two.\n"), ("two.csv", "c,a,A?,New.\nc,n,N?,N.\n")):
        Path(name).write_text(HEADER + rows)
        run("import", name, "--replace")


def run(*args: str) -> Result:
    return CliRunner().invoke(main, args, catch_exceptions=False)


def test_the_log_shows_every_change_oldest_first() -> None:
    first, second = run("log").stdout.splitlines()
    assert first.startswith("1  20")
    assert first.endswith("import in c: one.csv: 2 added, 0 changed, 0 retired; 2 entries")
    assert second.endswith("import in c: two.csv: 1 added, 1 changed, 1 retired; 3 entries")
    told = json.loads(run("log", "--json").stdout)["changes"]
    assert [(c["id"], c["action"], c["entries"]) for c in told] == [(1, "import", 2), (2, "import", 3)]


def test_the_log_of_a_change_shows_what_became_of_each_entry() -> None:
    assert run("log", "2").stdout.splitlines()[1:] == [
        "  ~ c/a",
        "      answer: 'One.' -> 'New.'",
        "  - c/b: B?",
        "  + c/n: N?",
    ]
    told = json.loads(run("log", "2", "--json").stdout)
    assert [v["before"] and v["before"]["answer"] for v in told["versions"]] == ["One.", "Two.", None]


def test_undo_brings_back_what_an_import_altered() -> None:
    assert run("undo", "2").stdout == "change 2 is undone: 3 entries are as before it\n"
    run("export", "entries", "out.csv")
    assert [line.split(",")[:4] for line in Path("out.csv").read_text().splitlines()[1:]] == [
        ["c", "a", "A?", "One."],
        ["c", "b", "B?", "Two."],
    ]
    assert json.loads(run("undo", "3", "--json").stdout) == {"undone": 3, "entries": 3}


@pytest.mark.parametrize("command", ["log", "undo"])
def test_an_unknown_change_is_refused(command: str) -> None:
    with pytest.raises(Refused, match=r"change 9\b"):
        run(command, "9")


@pytest.mark.parametrize("command", ["log", "undo"])
@pytest.mark.parametrize("change", ["x", "0", "9" * 30])
def test_what_is_no_number_of_a_change_is_wrong_usage(command: str, change: str) -> None:
    assert run(command, change).exit_code == 2


def test_an_empty_log_says_so(tmp_path: Path) -> None:
    with Store(tmp_path / "empty.db"):
        assert run("log", "--db", "empty.db").stdout == "no changes yet\n"
