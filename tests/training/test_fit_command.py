"""`training fit answers`: its budget is kept once the round ran, and nothing to learn from is a line."""

import subprocess
import sys
from pathlib import Path

import pytest
import tiny
from command_line import Cli, only_json

from data.budgets import in_force, kept
from data.store import Store


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
