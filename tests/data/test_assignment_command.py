"""`python -m data import-assignments`: what would change, all or nothing, one line for each reason; and out again."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from handed_in import ASKED, asked, hand_in

from data import assignment_files, submissions
from data.__main__ import main
from data.assignments import assignments
from data.errors import Refused
from data.store import Store

HEAD = "course,title,prompt,max_score"
GOOD = f"{HEAD}\nfine-tuning,Why?,Explain why.,4\n"


def call(folder: Path, *args: str) -> Result:
    return CliRunner().invoke(main, [*args, "--db", str(folder / "t.db")])


def test_assignments_are_imported_exported_and_imported_again_without_a_change(tmp_path: Path) -> None:
    call(tmp_path, "sample")
    (tmp_path / "list.csv").write_text(GOOD)
    dry = call(tmp_path, "import-assignments", str(tmp_path / "list.csv"), "--dry-run", "--replace")
    assert dry.output.splitlines() == [
        "+ fine-tuning/why-f5b2b98b: Why?", "- fine-tuning/why-fine-tune: Why fine-tune?",
        "would be: 1 added, 0 changed, 1 retired, 0 left",
    ]  # fmt: skip
    done = call(tmp_path, "import-assignments", str(tmp_path / "list.csv"), "--json")
    assert json.loads(done.output)["added_ids"] == ["fine-tuning/why-f5b2b98b"]
    for name in ("out.csv", "out.xlsx", "out.jsonl", "out.tsv"):
        out = call(tmp_path, "export", "assignments", str(tmp_path / name))
        assert out.output == f"3 assignments written to {tmp_path / name}\n"
        again = call(tmp_path, "import-assignments", str(tmp_path / name))
        assert again.output == "0 added, 0 changed, 0 retired, 3 left\n"
    with Store(tmp_path / "t.db") as store:
        assert [a.prompt_id for a in store.read(assignments, "fine-tuning")] == ["why-fine-tune", "why-f5b2b98b"]
    log = call(tmp_path, "log").output
    (line,) = [line for line in log.splitlines() if "import in fine-tuning: list.csv: assignments, 1 added" in line]
    change = line.split()[0]
    assert call(tmp_path, "undo", change).output == f"change {change} is undone: 1 assignments are as before it\n"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("none,Why?,Explain.,4", "no course 'none'; there are: fine-tuning, fine-tuning-zh"),
        (",Why?,Explain.,4", "the course is empty"),
        ("fine-tuning,,Explain.,4", "the title is empty"),
        ("fine-tuning,Why?,,4", "the prompt is empty"),
        ("fine-tuning,Why?,Explain.,0", r"max_score must be above min_score \(0\), not 0"),
        ("fine-tuning,Why?,Explain.,many", "max_score must be a number up to 1000, not 'many'"),
        ("fine-tuning,Why?,Explain.,nan", "max_score must be a number"),
        (f"fine-tuning,{'x' * 201},Explain.,4", "the title has 201 characters; it may have 200"),
    ],
)
def test_a_wrong_row_is_refused_with_its_reason(tmp_path: Path, row: str, reason: str) -> None:
    call(tmp_path, "sample")
    (tmp_path / "list.csv").write_text(f"{GOOD}{row}\n")
    refused = call(tmp_path, "import-assignments", str(tmp_path / "list.csv"))
    assert isinstance(refused.exception, Refused)
    with pytest.raises(Refused, match=f"line 3: {reason}"):
        raise refused.exception
    with Store(tmp_path / "t.db") as store:
        assert len(store.read(assignments)) == 2


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("closes_on", "tomorrow", "closes_on must be a date such as 2026-12-01, not 'tomorrow'"),
        ("closes_on", "20261201", "closes_on must be a date such as 2026-12-01"),
        ("score_step", "5", "score_step must lie between 0 and 4, not 5"),
        ("scorer", "../x", "scorer must be a name of letters"),
        ("id", "x" * 201, "the id must be up to 200 printable characters"),
    ],
)
def test_a_wrong_optional_cell_is_refused(tmp_path: Path, column: str, cell: str, reason: str) -> None:
    call(tmp_path, "sample")
    (tmp_path / "list.csv").write_text(f"{HEAD},{column}\nfine-tuning,Why?,Explain.,4,{cell}\n")
    refused = call(tmp_path, "import-assignments", str(tmp_path / "list.csv"))
    assert isinstance(refused.exception, Refused)
    assert reason in refused.exception.reasons[0]


def test_the_same_assignment_twice_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    call(tmp_path, "sample")
    (tmp_path / "list.csv").write_text(f"{GOOD}fine-tuning,Why?,Again.,4\n")
    twice = call(tmp_path, "import-assignments", str(tmp_path / "list.csv"))
    assert isinstance(twice.exception, Refused)
    assert twice.exception.reasons[0].endswith("line 3: the assignment why-f5b2b98b stands already in line 2")
    missing = call(tmp_path, "import-assignments", str(tmp_path / "none.csv"))
    assert isinstance(missing.exception, Refused)
    assert call(tmp_path, "import-assignments", "x.csv", "--course", "a b").exit_code == 2


def test_a_scale_that_given_marks_are_not_on_is_refused(store: Store, tmp_path: Path) -> None:
    one = hand_in(store, asked(store, ASKED))
    store.write(submissions.mark, one.id, 3.5, "", teacher="c" * 32, ref=None)
    (tmp_path / "list.csv").write_text(f"{HEAD},id\nc,Why?,Explain.,3,why\n")
    with pytest.raises(Refused, match=r"marks were given that are not on this scale: 3\.5"):
        store.read(assignment_files.plan, tmp_path / "list.csv")
