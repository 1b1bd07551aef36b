"""`python -m training`: one JSON object on stdout, exit 0 done, 1 refused, 2 wrong usage, and never a traceback."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tiny
from sqlite_utils import Database

from data import log
from data.budgets import in_force, kept
from data.cli import run
from data.records import Answer, Entry, Question
from data.store import Store
from training.__main__ import main
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
Cli = Callable[..., tuple[int, str, str]]


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


def only_json(out: str) -> dict[str, Any]:
    assert out.count("\n") == 1
    result = json.loads(out)
    assert isinstance(result, dict)
    return result


def logged(path: Path) -> list[int]:
    def count(db: Database) -> list[int]:
        return [db[table].count for table in ("questions", "shown", "feedback", "escalations", "model_versions")]

    with Store(path) as store:
        return store.read(count)


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


def test_a_budget_given_to_fit_is_kept(cli: Cli, place: list[str], tmp_path: Path, bert: Path) -> None:
    with Store(tmp_path / "tutor.db") as store:
        tiny.fill(store, tiny.topics("other", tiny.ROOTS[:2], wordings=0))
    fit = ("fit", "answers", *place, "--base", bert, "--epochs", 1, "--publish", "never")
    assert _budgets(tmp_path) == [0.05, 0.05]
    code, out, _ = cli(*fit, "--max-error", 0.2)
    assert code == 0
    told = "tiny: answers from 0.45 on, the shipped threshold for a budget of 20 %; not yet measured here"
    assert f"{told} (0 labelled questions, it takes 100)\n" in out
    assert "the budget is kept for the next rounds; what serves goes on with the one it was fitted for\n" in out
    assert _budgets(tmp_path) == [0.2, 0.2]
    code, out, _ = cli(*fit, "--max-error", 0.01, "--course", "tiny", "--json")
    told = only_json(out)["calibration"]["courses"]
    assert (code, told["tiny"]["max_error"], told["other"]["max_error"]) == (0, 0.01, 0.2)
    assert told["tiny"]["threshold"] > told["other"]["threshold"]
    assert _budgets(tmp_path) == [0.01, 0.2]
    assert cli(*fit)[0] == 0  # what was kept stays
    assert _budgets(tmp_path) == [0.01, 0.2]
    assert cli(*fit, "--max-error", "default", "--course", "tiny")[0] == 0
    assert _budgets(tmp_path) == [0.2, 0.2]
    assert (
        only_json(cli(*fit, "--max-error", "default", "--json")[1])["calibration"]["courses"]["tiny"]["max_error"]
        == 0.05
    )
    assert _budgets(tmp_path) == [0.05, 0.05]


def test_a_round_that_did_not_run_keeps_no_budget(cli: Cli, place: list[str], tmp_path: Path) -> None:
    assert cli("fit", "answers", *place, "--base", "/no/such folder", "--max-error", 0.2)[0] == 1
    assert cli("fit", "answers", *place, "--max-error", 0.2, "--course", "nowhere")[0] == 1
    assert _budgets(tmp_path) == [0.05, 0.05]


@pytest.mark.parametrize("value", ["abc", "2", "0", "-1", "nan", "5%"])
def test_a_budget_that_is_no_share_is_wrong_usage_that_says_what_is_right(cli: Cli, value: str) -> None:
    code, _, err = cli("fit", "answers", "--max-error", value)
    said = "is not a share of the answers between 0 and 1, such as 0.05 for one in twenty, or `default`"
    assert code == 2
    assert said in " ".join(err.replace("│", " ").split())


def _budgets(folder: Path) -> list[float]:
    with Store(folder / "tutor.db") as store:
        return [in_force(store.read(kept), course) for course in ("tiny", "other")]


def test_hard_negatives_are_mined_in_the_full_mode(cli: Cli, place: list[str], bert: Path) -> None:
    fit = ("fit", "answers", *place, "--json", "--base", bert, "--epochs", 1, "--mode", "full", "--seed", 1)
    runs = [only_json(cli(*fit, "--hard-negatives", n)[1])["training"] for n in (0, 3)]
    assert runs[0]["losses"] != runs[1]["losses"]
    assert runs[1]["losses"][0] > runs[0]["losses"][0]  # more to tell apart


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


def test_replay_names_each_question_whose_answer_would_change(cli: Cli, place: list[str], tmp_path: Path) -> None:
    file = tmp_path / "new.csv"
    file.write_text("id,question,answer\nzu,zua question,zuo zue\n", encoding="utf-8")
    replay = ("replay", file, *place, "--course", "tiny")
    said = "no questions were asked yet: there is nothing to replay\n"
    assert cli(*replay)[:2] == (0, said)
    assert only_json(cli(*replay, "--json")[1]) == {"asked": 0, "changed": []}
    with Store(tmp_path / "tutor.db") as store:
        for text in ("zua\nquestion", "baa question"):
            store.write(log.record_question, Question(text, "tiny"), Answer("abstain", 0.0))
    before = logged(tmp_path / "tutor.db")
    code, out, _ = cli(*replay, "--json")
    result = only_json(out)
    assert (code, result["asked"], len(result["changed"])) == (0, 2, 1)
    (change,) = result["changed"]
    assert (change["question"], change["course"]) == ("zua\nquestion", "tiny")
    assert change["after"] == {"decision": "answer", "course": "tiny", "id": "zu"}
    code, out, _ = cli(*replay)
    first, line = out.splitlines()
    assert (code, first) == (0, "this changes the answer to 1 of the last 2 questions:")
    assert line.startswith("zua question: ") and line.endswith(" -> answer tiny/zu")
    assert cli(*replay, "--last", 1)[1] == "this changes the answer to 0 of the last 1 questions\n"
    assert only_json(cli(*replay, "--replace", "--json")[1])["changed"][0]["question"] == "baa question"
    assert logged(tmp_path / "tutor.db") == before


def test_replay_refuses_what_import_refuses(cli: Cli, place: list[str], tmp_path: Path) -> None:
    file = tmp_path / "new.csv"
    file.write_text("course,question,answer\ntiny,,a\n,q,a\n", encoding="utf-8")
    code, out, err = cli("replay", file, *place)
    assert (code, out, err.count("error: ")) == (1, "", 2)
    assert "line 2: the question is empty" in err


def test_nothing_to_learn_from_exits_1_with_one_line(tmp_path: Path) -> None:
    with Store(tmp_path / "tutor.db") as store:
        tiny.fill(store, tiny.topics(wordings=0))
    place = ["--db", str(tmp_path / "tutor.db"), "--models", str(tmp_path / "models")]
    done = subprocess.run(
        [sys.executable, "-m", "training", "fit", "answers", *place], capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: nothing to learn from: 16 entries, 0 wordings")
    assert done.stderr.count("\n") == 1


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
