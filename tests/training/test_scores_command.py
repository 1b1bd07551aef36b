"""`fit scores` and `evaluate scores` from the command line."""

import json
from pathlib import Path

import pytest
import scored
import tiny
from click.testing import CliRunner, Result

from data.errors import Refused
from training.__main__ import main


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a base and a published scorer `essays`."""
    folder = tmp_path_factory.mktemp("scores")
    tiny.bert(folder / "bert")
    scored.write(folder / "train.csv", scored.scored(("p1", "p2"), 40))
    fitted = run(folder, "fit", "scores", str(folder / "train.csv"), "--name", "essays", "--base", str(folder / "bert"))
    assert fitted.exit_code == 0, fitted.output
    return folder


def run(folder: Path, *command: str) -> Result:
    common = ["--db", str(folder / "tutor.db"), "--models", str(folder / "models")]
    return CliRunner().invoke(main, [*command, *common], catch_exceptions=False)


def test_evaluate_tells_the_measures_of_the_contract(folder: Path) -> None:
    scored.write(folder / "test.csv", scored.scored(("p1", "p2"), 15, seed=1))
    told = json.loads(run(folder, "evaluate", "scores", str(folder / "test.csv"), "--name", "essays", "--json").stdout)
    assert {"n", "qwk", "rmse", "pearson", "coverage", "prompts", "baselines", "bands"} <= told.keys()
    assert (told["n"], told["model"], set(told["prompts"])) == (30, "0001", {"p1", "p2"})
    assert {"n", "qwk", "rmse", "pearson", "coverage"} <= told["prompts"]["p1"].keys()


def test_evaluate_prints_baselines_and_lengths_to_people(folder: Path) -> None:
    told = run(folder, "evaluate", "scores", str(folder / "train.csv"), "--name", "essays").stdout
    assert all(part in told for part in ("length only: qwk", "by length:", "coverage", "p2"))


def test_fit_tells_what_it_published(folder: Path) -> None:
    base = ("--base", str(folder / "bert"))
    made = run(
        folder, "fit", "scores", str(folder / "train.csv"), "--name", "other", *base, "--publish", "never", "--json"
    )
    told = json.loads(made.stdout)
    assert (told["version"], told["published"]) == ("0001", False)
    assert told["metrics"]["left_out"]["n"] == 80


def test_a_scorer_that_is_missing_and_a_file_that_is_missing_are_refused(folder: Path) -> None:
    for command in (("fit", "scores", "none.csv"), ("evaluate", "scores", "none.csv")):
        with pytest.raises(Refused, match=r"none\.csv: there is no such file"):
            run(folder, *command, "--name", "essays")


def test_too_little_to_learn_from_is_refused(folder: Path) -> None:
    scored.write(folder / "few.csv", scored.scored(("p1",), 5))
    with pytest.raises(Refused, match="has 5 rows, it takes 20"):
        run(folder, "fit", "scores", str(folder / "few.csv"), "--name", "few")


@pytest.mark.parametrize("name", ["../up", "", "a b"])
def test_a_name_that_is_no_folder_is_wrong_usage(folder: Path, name: str) -> None:
    assert run(folder, "evaluate", "scores", str(folder / "train.csv"), "--name", name).exit_code == 2
