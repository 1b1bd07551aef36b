"""The command line does what the contract says: exit codes, one line for each reason, JSON and nothing else."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from data.__main__ import main
from data.cli import run
from data.entries import courses, entries
from data.store import Store

QA = "course,id,question,answer\nMachine Learning 101,a,Q1?,A.\nMachine Learning 101,b,Q2?,B.\n"
Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run `python -m data ARGS` in this process, in `tmp_path`: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TUTOR_DB", "tutor.db")

    def call(*args: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["data", *args])
        with pytest.raises(SystemExit) as end:
            run(main, "data")
        assert isinstance(end.value.code, int)
        return (end.value.code, *capsys.readouterr())

    return call


def as_json(result: tuple[int, str, str]) -> dict[str, Any]:
    code, out, err = result
    assert (code, err, out.count("\n")) == (0, "", 1)
    loaded: dict[str, Any] = json.loads(out)
    return loaded


def process(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("TUTOR_")}
    return subprocess.run(
        [sys.executable, "-m", "data", *args], cwd=cwd, env=environment, capture_output=True, text=True, timeout=60
    )


def test_a_process_exits_0_done_1_refused_and_2_wrong_usage(tmp_path: Path) -> None:
    done = process("sample", "--json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert set(json.loads(done.stdout)["courses"]) == {"fine-tuning", "fine-tuning-zh"}
    assert (tmp_path / "var" / "tutor.db").exists()

    (tmp_path / "bad.csv").write_text("course,question,answer\nc,,A.\nc,Q?,\n")
    refused = process("import", "bad.csv", cwd=tmp_path)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.splitlines() == [
        "error: bad.csv: line 2: the question is empty",
        "error: bad.csv: line 3: the answer is empty",
    ]

    wrong = process("import", cwd=tmp_path)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "Missing argument 'FILE'" in wrong.stderr


@pytest.mark.parametrize(
    "args",
    [
        ["imprt", "x"],
        ["export", "people", "x.csv"],
        ["import", "x.csv", "--course", "no id!"],
        ["import", "x.csv", "--course", "x" * 57],
        ["stats", "extra"],
        ["check", "--loud"],
        ["protect", "q?"],
        ["protect", "q?", "--course", "c"],
        ["protect", "q?", "--course", "c", "--id", "a", "--remove"],
        ["protect", "--id", "a"],
        ["protect", "--remove", "--course", "c"],
    ],
)
def test_wrong_usage_exits_2_and_writes_nothing(cli: Cli, tmp_path: Path, args: list[str]) -> None:
    code, out, err = cli(*args)
    assert (code, out) == (2, "")
    assert "Usage: python -m data" in err
    assert list(tmp_path.iterdir()) == []


def test_every_command_has_help_and_the_common_options() -> None:
    for name in main.commands:
        result = CliRunner().invoke(main, [name, "--help"])
        assert result.exit_code == 0
        assert {"--db", "--models", "--json"} <= set(result.output.replace(",", " ").split())
    assert set(main.commands) == {
        "sample",
        "import",
        "import-questions",
        "import-resources",
        "import-assignments",
        "export",
        "check",
        "stats",
        "protect",
        "backup",
        "restore",
        "log",
        "undo",
        "person",
        "forget",
        "retain",
        "browse",
    }


@pytest.mark.parametrize(
    "args", [["stats"], ["check"], ["protect"], ["backup", "b.db"], ["export", "entries", "e.csv"]]
)
def test_commands_that_need_a_store_say_how_to_make_one(cli: Cli, tmp_path: Path, args: list[str]) -> None:
    code, out, err = cli(*args)
    assert (code, out) == (1, "")
    assert err.startswith("error: there is no store at tutor.db: run `python -m data sample`")
    assert list(tmp_path.iterdir()) == []


def test_a_refusal_in_json_is_one_object_with_the_reasons(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "qa.csv").write_text("course,question,answer\nc,,A.\nc,Q?,\n")
    code, out, err = cli("import", "qa.csv", "--json")
    reasons = ["qa.csv: line 2: the question is empty", "qa.csv: line 3: the answer is empty"]
    assert (code, json.loads(out)) == (1, {"refused": reasons})
    assert err.splitlines() == [f"error: {reason}" for reason in reasons]


@pytest.mark.parametrize("name", ["none.csv", "a.pdf", "folder.csv", "suffixless"])
def test_a_file_that_cannot_be_read_is_refused(cli: Cli, tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "a.pdf").write_text("x")
    (tmp_path / "suffixless").write_text("x")
    code, out, err = cli("import", name)
    assert (code, out) == (1, "")
    assert err.startswith(f"error: {name}: ")


def test_an_import_reports_what_it_did(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "qa.csv").write_text(QA)
    assert as_json(cli("import", "qa.csv", "--json")) == {
        "dry_run": False,
        "added": 2,
        "changed": 0,
        "retired": 0,
        "left": 0,
        "added_ids": ["machine-learning-101/a", "machine-learning-101/b"],
        "changed_ids": [],
        "retired_ids": [],
        "encoding": "UTF-8",
        "notes": [],
        "near_duplicates": [],
        "conflicts": [],
    }
    assert cli("import", "qa.csv") == (0, "read as UTF-8\n0 added, 0 changed, 0 retired, 2 left\n", "")
    with Store(tmp_path / "tutor.db") as store:
        assert [course.title for course in store.read(courses)] == ["Machine Learning 101"]


def test_a_dry_run_lists_changes_and_writes_nothing(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "qa.csv").write_text(QA)
    cli("import", "qa.csv")
    (tmp_path / "qa.csv").write_text(QA.replace("b,Q2?,B.", "c,Q3?,C.").replace("A.", "New."))
    with Store(tmp_path / "tutor.db") as store:
        before = store.read(entries)
        code, out, _ = cli("import", "qa.csv", "--replace", "--dry-run")
        assert code == 0
        assert out.splitlines() == [
            "read as UTF-8",
            "+ machine-learning-101/c: Q3?",
            "~ machine-learning-101/a: Q1?",
            "- machine-learning-101/b: Q2?",
            "would be: 1 added, 1 changed, 1 retired, 0 left",
        ]
        assert as_json(cli("import", "qa.csv", "--replace", "--dry-run", "--json"))["retired_ids"] == [
            "machine-learning-101/b"
        ]
        assert store.read(entries) == before
        cli("import", "qa.csv", "--replace")
        assert [entry.id for entry in store.read(entries)] == ["a", "c"]


def test_a_long_dry_run_is_cut_short_for_people_only(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "qa.csv").write_text("question,answer\n" + "".join(f"Q{n}?,A.\n" for n in range(30)))
    _, out, _ = cli("import", "qa.csv", "--course", "c", "--dry-run")
    assert len(out.splitlines()) == 23
    assert "+ and 10 more" in out
    assert len(as_json(cli("import", "qa.csv", "--course", "c", "--dry-run", "--json"))["added_ids"]) == 30


def test_the_same_question_under_another_id_is_reported(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "qa.csv").write_text(QA.replace("Q2?", "q1?"))
    code, out, _ = cli("import", "qa.csv")
    assert (code, out.splitlines()[1:3]) == (
        0,
        [
            "note: line 3: the same question has another id too: a (line 2)",
            "note: line 3: another answer to the same question than in a (line 2)",
        ],
    )


def test_a_dry_run_tells_near_duplicates_and_answers_that_contradict_each_other(cli: Cli, tmp_path: Path) -> None:
    first = (
        "id,question,answer\na,How do I freeze the lower layers?,Set requires_grad to False.\nb,Until when?,1 May.\n"
    )
    (tmp_path / "qa.csv").write_text(first)
    cli("import", "qa.csv", "--course", "c")
    more = "id,question,answer\nd,How do I freeze lower layers?,Set requires_grad to False.\ne,Until when??,2 May.\n"
    (tmp_path / "more.csv").write_text(more)
    told = as_json(cli("import", "more.csv", "--course", "c", "--dry-run", "--json"))
    assert (told["near_duplicates"], told["conflicts"]) == ([["c/d", "c/a"]], [["c/e", "c/b"]])
    assert told["notes"] == [
        "line 2: nearly the same question as a (in the store)",
        "line 3: nearly the same question as b (in the store), with another answer",
    ]


def test_a_folder_of_markdown_is_imported_and_its_export_read_again(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "faq" / "sub").mkdir(parents=True)
    (tmp_path / "faq" / "a.md").write_text("# Cells\n\n## What is a cell?\nA unit.\n", encoding="utf-16")
    (tmp_path / "faq" / "sub" / "b.md").write_text("---\ncourse: physics\n---\n## What is mass?\nMuch.\n")
    assert as_json(cli("import", "faq", "--course", "bio", "--json"))["encoding"] == "UTF-16, UTF-8"
    assert cli("export", "entries", "all.md")[0] == 0
    assert as_json(cli("import", "all.md", "--json"))["left"] == 2
    (tmp_path / "faq" / "sub" / "b.md").write_text("## What is mass?\n")
    assert cli("import", "faq", "--course", "bio") == (1, "", "error: faq: sub/b.md: line 1: the answer is empty\n")


def test_questions_are_confirmed_and_an_unknown_id_refuses_the_file(cli: Cli, tmp_path: Path) -> None:
    cli("sample")
    (tmp_path / "q.csv").write_text("question,course,expected_ids\nhuh,fine-tuning,\nwat,fine-tuning,nope\n")
    code, _, err = cli("import-questions", "q.csv")
    assert (code, err) == (1, "error: q.csv: line 3: no entry nope in course fine-tuning\n")
    (tmp_path / "q.csv").write_text("question,course,expected_ids\nhuh,fine-tuning,\n")
    assert as_json(cli("import-questions", "q.csv", "--json")) == {"questions": 1}
    counted = as_json(cli("stats", "--json"))["courses"]["fine-tuning"]
    assert (counted["feedback"], counted["questions"]) == ({"none": 1}, {})
    assert counted["labelled"] == {"answerable": 0, "unanswerable": 1}
    said = "1 questions confirmed: 0 with a known answer, 1 that nothing answers\n"
    assert cli("import-questions", "q.csv") == (0, said, "")
    assert "  labelled questions  1: 0 with a known answer, 1 that nothing answers\n" in cli("stats")[1]


def test_an_export_can_be_imported_elsewhere(cli: Cli, tmp_path: Path) -> None:
    cli("sample")
    exported = as_json(cli("export", "entries", "e.csv", "--course", "fine-tuning-zh", "--json"))
    assert exported["file"] == "e.csv"
    added = as_json(cli("import", "e.csv", "--db", "other.db", "--json"))
    assert added["added"] == exported["rows"] > 0
    assert as_json(cli("import", "e.csv", "--json"))["left"] == exported["rows"]


def test_a_deck_for_anki_is_an_export_too(cli: Cli, tmp_path: Path) -> None:
    cli("sample")
    code, out, _ = cli("export", "deck", "zh.apkg", "--course", "fine-tuning-zh")
    assert (code, out.split()[1:]) == (0, ["cards", "written", "to", "zh.apkg"])
    assert (tmp_path / "zh.apkg").read_bytes()[:2] == b"PK"
    assert (
        cli("export", "deck", "deck.csv")[2] == "error: deck.csv: a deck goes into a .apkg file, which Anki imports\n"
    )


def test_an_export_that_cannot_be_made_is_refused(cli: Cli, tmp_path: Path) -> None:
    cli("sample")
    for args, reason in [
        (["e.pdf"], "e.pdf: cannot write .pdf"),
        (["none/e.csv"], "none/e.csv: cannot be written"),
        (["e.csv", "--course", "x"], "no course 'x'; there are: fine-tuning, fine-tuning-zh"),
    ]:
        code, out, err = cli("export", "entries", *args)
        assert (code, out) == (1, "")
        assert err.startswith(f"error: {reason}")
    assert not (tmp_path / "e.csv").exists()


def test_check_passes_warns_and_fails(cli: Cli, tmp_path: Path) -> None:
    cli("sample")
    assert as_json(cli("check", "--json")) == {"errors": [], "warnings": []}
    (tmp_path / "old.csv").write_text("course,id,question,answer,expires_on\nc,a,Q?,A.,2001-01-01\n")
    cli("import", "old.csv")
    assert cli("check") == (0, "c/a: expired on 2001-01-01\nsound; 1 warnings\n", "")
    (tmp_path / "tutor.db").write_bytes(b"no longer a database" * 500)
    code, out, err = cli("check")
    assert (code, out) == (1, "")
    assert "restore BACKUP" in err


def test_a_backup_brings_back_what_was_there(cli: Cli, tmp_path: Path) -> None:
    cli("sample")
    before = as_json(cli("stats", "--json"))
    assert as_json(cli("backup", "b.db", "--json")) == {"file": "b.db", "bytes": (tmp_path / "b.db").stat().st_size}
    (tmp_path / "qa.csv").write_text(QA)
    cli("import", "qa.csv")
    restored = as_json(cli("restore", "b.db", "--json"))
    assert restored["restored"] == "tutor.db"
    assert Path(restored["kept"]).exists()
    assert as_json(cli("stats", "--json")) == before
    assert cli("restore", "qa.csv")[0] == 1
    assert as_json(cli("stats", "--json")) == before


def test_stats_say_the_same_to_a_person(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "qa.csv").write_text(QA)
    cli("import", "qa.csv")
    assert cli("stats")[1].splitlines() == [
        "machine-learning-101 (Machine Learning 101)",
        "  entries             2, with 0 alternates",
        "  labelled questions  0: 0 with a known answer, 0 that nothing answers",
        "  error budget        5 % of the answers may be wrong (the default)",
        "  asked by students   none yet",
        "  their reactions     none yet",
        "  for a teacher       open escalations: 0; doubted wordings: 0",
        "people: 0",
    ]


def test_a_question_is_protected_listed_and_taken_out(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "qa.csv").write_text("course,id,question,answer\nc,a,Q1?,A.\nc,b,Q2?,B.\nd,a,Q?,A.\n")
    cli("import", "qa.csv")
    assert as_json(cli("protect", "--json")) == {"protected": []}
    kept = {"question": "Why?", "course": "c", "expected_ids": ["a", "b"]}
    added = as_json(cli("protect", "Why?", "--course", "c", "--id", "b", "--id", "a", "--json"))
    assert added == as_json(cli("protect", "--json")) == {"protected": [kept]}
    assert as_json(cli("protect", "--course", "d", "--json")) == {"protected": []}
    assert cli("protect") == (0, "c: Why? -> a, b\n1 protected\n", "")
    assert cli("protect", "why? ", "--course", "c", "--remove") == (0, "0 protected\n", "")


def test_what_cannot_be_protected_or_taken_out_is_refused_with_what_to_do(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "qa.csv").write_text("course,id,question,answer\nc,a,Q1?,A.\n")
    cli("import", "qa.csv")
    for args, reason in (
        (("Why?", "--course", "c", "--id", "x"), "no entry x in course c: `python -m data export entries FILE"),
        (("Why?", "--course", "x", "--id", "a"), "no course 'x'; there are: c"),
        (("Why?", "--course", "c", "--remove"), "Why?: is not protected in course c: `python -m data protect` lists"),
        (("Why?", "--course", "x", "--remove"), "no course 'x'; there are: c"),
    ):
        code, out, err = cli("protect", *args)
        assert (code, out) == (1, "")
        assert err.startswith(f"error: {reason}")
    assert cli("protect", "--course", "x")[0] == 1
