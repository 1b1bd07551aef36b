"""`python -m training`: one JSON object on stdout, exit 0 done, 1 refused, 2 wrong usage, and never a traceback."""

import subprocess
import sys
from pathlib import Path

import pytest
import tiny
from command_line import Cli, logged, only_json

from data.records import Entry
from data.store import Store
from training.ablation import ALL
from training.ablation import MEASURES as ABLATED

MEASURES = {
    "n",
    "answerable",
    "hit@1",
    "hit@5",
    "mrr@10",
    "auroc",
    "aurc",
    "coverage@0.95",
    "precision",
    "coverage",
    "latency_ms_p50",
    "latency_ms_p95",
}
QUESTIONS = "question,course,expected_ids\nbabel q0,tiny,ba\ndedor q1,tiny,de|fi\nwhere is the canteen,tiny,\n"


def test_fit_publish_history_rollback(cli: Cli, place: list[str], bert: Path) -> None:
    fit = ("fit", "answers", *place, "--json", "--base", bert, "--epochs", 1, "--batch-size", 16)
    code, out, err = cli(*fit, "--publish", "always")
    result = only_json(out)
    assert (code, result["version"], result["published"]) == (0, "0001", True)
    assert result["metrics"].keys() == {"before", "after"}
    assert "epoch 1: loss" in err
    code, out, _ = cli(*fit, "--publish", "never", "--mode", "full", "--seed", 7, "--average", 1, "--lr", 0.001)
    result = only_json(out)
    assert (code, result["version"], result["published"]) == (0, "0002", False)
    assert result["reason"].startswith("--publish never")
    assert (result["training"]["mode"], result["training"]["seed"], result["training"]["lr"]) == ("full", 7, 0.001)
    code, out, _ = cli("publish", "0002", *place)
    assert (code, out) == (0, "serving now: 0002\n")
    code, out, _ = cli("compare", "0001", "0002", *place)
    assert code == 0 and "new wordings" in out and "unchanged" in out
    code, out, _ = cli("rollback", *place, "--json")
    assert (code, only_json(out)) == (0, {"current": "0001", "rolled_back": "0002"})
    code, out, _ = cli("history", *place, "--json")
    result = only_json(out)
    assert (code, result["current"]) == (0, "0001")
    assert [e["event"] for e in result["events"]] == [
        "fitted",
        "published",
        "fitted",
        "declined",
        "published",
        "rolled back",
    ]


def test_history_says_what_really_serves(cli: Cli, place: list[str], tmp_path: Path, bert: Path) -> None:
    for _ in range(2):
        assert cli("fit", "answers", *place, "--base", bert, "--epochs", 1, "--publish", "always")[0] == 0
    assert cli("history", *place)[1].endswith("serving now: 0002\n")
    weights = tmp_path / "models" / "answers" / "0002" / "model.safetensors"
    weights.write_bytes(b"changed")
    code, out, err = cli("history", *place)
    assert (code, err) == (0, "")
    *_, refused, last = out.splitlines()
    assert refused.startswith(f"0002 is refused: {weights}: is missing or was changed")
    assert last == "serving now: 0001, for 0002 is published but refused"
    told = only_json(cli("history", *place, "--json")[1])
    assert (told["current"], told["serving"]) == ("0002", "0001")
    assert [one["version"] for one in told["refused"]] == ["0002"]


def test_compare_and_fit_tell_the_same_of_what_changed(cli: Cli, place: list[str], bert: Path) -> None:
    fit = ("fit", "answers", *place, "--base", bert, "--epochs", 1)
    for publish in ("always", "never"):
        assert cli(*fit, "--publish", publish, "--average", int(publish == "never"))[0] == 0
    code, out, _ = cli("compare", "0001", "0002", *place, "--json")
    result = only_json(out)
    assert code == 0
    assert result.keys() == {"metrics", "intervals", "protected", "fixed", "broke", "unchanged"}
    code, out, _ = cli("compare", "0001", "0002", *place)
    counts = f"{len(result['fixed'])} fixed, {len(result['broke'])} broke, {result['unchanged']} unchanged"
    assert (code, out.splitlines()[-1]) == (0, counts)
    code, out, _ = cli("publish", "base", *place, "--json")
    assert (code, only_json(out)) == (0, {"current": "base"})


def test_a_report_of_a_round_is_one_json_object(cli: Cli, place: list[str], tmp_path: Path, bert: Path) -> None:
    assert cli("fit", "answers", *place, "--base", bert, "--epochs", 1, "--publish", "always")[0] == 0
    code, out, _ = cli("report", tmp_path / "page.html", *place, "--json")
    assert (code, only_json(out)["version"]) == (0, "0001")
    assert "<html" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_evaluate_tells_what_each_signal_is_worth(cli: Cli, place: list[str], tmp_path: Path) -> None:
    file = tmp_path / "questions.csv"
    file.write_text(QUESTIONS, encoding="utf-8")
    before = logged(tmp_path / "tutor.db")
    code, out, _ = cli("evaluate", "answers", file, *place, "--ablation", "--json")
    result = only_json(out)
    assert (code, result["model"]) == (0, "base")
    whole = only_json(cli("evaluate", "answers", file, *place, "--json")[1])
    assert result["ablation"][-1] == {"signals": ALL, **{key: pytest.approx(whole[key]) for key in ABLATED}}
    code, out, _ = cli("evaluate", "answers", file, *place, "--ablation")
    lines = out.splitlines()
    assert (code, len(lines), lines[0].split()) == (0, 1 + len(result["ablation"]), ["signals", *ABLATED])
    assert logged(tmp_path / "tutor.db") == before


def test_a_course_whose_entries_are_gone_is_evaluated_as_not_answered(
    cli: Cli, place: list[str], tmp_path: Path
) -> None:
    with Store(tmp_path / "tutor.db") as store:
        tiny.fill(store, [Entry("gone", "a", "Q?", "A.", expires_on="2020-01-01")])
    file = tmp_path / "questions.csv"
    file.write_text(QUESTIONS + "anything,gone,a\n", encoding="utf-8")
    code, out, _ = cli("evaluate", "answers", file, *place, "--ablation", "--json")
    assert (code, only_json(out)["ablation"][-1]["hit@1"]) == (0, pytest.approx(2 / 3))
    assert only_json(cli("evaluate", "answers", file, *place, "--json")[1])["hit@1"] == pytest.approx(2 / 3)


def test_evaluate_prints_the_measures_and_logs_nothing(tmp_path: Path, place: list[str]) -> None:
    file = tmp_path / "questions.csv"
    file.write_text(QUESTIONS, encoding="utf-8")
    before = logged(tmp_path / "tutor.db")
    done = subprocess.run(
        [sys.executable, "-m", "training", "evaluate", "answers", str(file), *place, "--json"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    result = only_json(done.stdout)
    assert result.keys() >= MEASURES
    assert (result["n"], result["answerable"], result["hit@1"], result["model"]) == (3, 2, 1.0, "base")
    assert logged(tmp_path / "tutor.db") == before


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (("publish", "0001"), "no version '0001' of answers; there are: none yet"),
        (("rollback",), "nothing to roll back"),
        (("compare", "base", "0009"), "no version '0009'"),
        (("fit", "answers", "--base", "/no/such folder"), "no base model"),
        (("fit", "answers", "--max-error", "0.1", "--course", "nowhere"), "no course 'nowhere'"),
        (("evaluate", "answers", "/no/such.csv", "--ablation"), "there is no such file"),
        (("report", "/no/such.html"), "no model was fitted yet"),
        (("evaluate", "answers", "/no/such.csv"), "there is no such file"),
        (("replay", "/no/such.csv"), "there is no such file"),
    ],
)
def test_what_is_refused_exits_1_with_the_reason(
    cli: Cli, place: list[str], args: tuple[str, ...], reason: str
) -> None:
    code, out, err = cli(*args, *place)
    assert (code, out) == (1, "")
    assert err.startswith("error: ") and reason in err
    code, out, _ = cli(*args, *place, "--json")
    assert code == 1
    assert reason in only_json(out)["refused"][0]


def test_a_file_that_does_not_fit_the_store_is_refused_line_by_line(cli: Cli, place: list[str], tmp_path: Path) -> None:
    file = tmp_path / "questions.csv"
    file.write_text("question,course,expected_ids\nq,nowhere,\nq,tiny,zz\n,tiny,ba\n", encoding="utf-8")
    code, out, err = cli("evaluate", "answers", file, *place)
    assert (code, out, err.count("error: ")) == (1, "", 3)


def test_a_missing_store_says_what_to_do(cli: Cli, tmp_path: Path) -> None:
    code, _, err = cli("history", "--db", tmp_path / "none.db")
    assert code == 1
    assert "python -m data sample" in err


@pytest.mark.parametrize(
    "args",
    [
        (),
        ("no-such-command",),
        ("fit", "answers", "--mode", "slow"),
        ("fit", "answers", "--publish", "maybe"),
        ("fit", "answers", "--lr", "0"),
        ("fit", "answers", "--lr", "2"),
        ("fit", "answers", "--epochs", "0"),
        ("fit", "answers", "--batch-size", "1"),
        ("fit", "answers", "--average", "1.5"),
        ("fit", "answers", "--average", "nan"),
        ("fit", "answers", "--lr", "nan"),
        ("tune", "answers", "--lr", "1e-5,nan"),
        ("fit", "answers", "--hard-negatives", "-1"),
        ("fit", "answers", "--course", "tiny"),
        *(("fit", "answers", "--max-error", value) for value in ("0", "1", "-0.1", "5", "nan", "x")),
        ("fit", "answers", "--seed", "-1"),
        ("fit", "answers", "--seed", "99999999999"),
        ("evaluate", "answers"),
        ("compare", "0001"),
        ("publish",),
        ("replay",),
        ("replay", "f.csv", "--last", "0"),
        ("replay", "f.csv", "--course", "no course"),
    ],
)
def test_wrong_usage_exits_2(cli: Cli, args: tuple[str, ...]) -> None:
    code, out, err = cli(*args)
    assert code == 2
    assert out == ""
    assert err
