"""`tune answers`: a table or one JSON object on stdout, progress on stderr, and wrong values are named."""

import json
import re
from pathlib import Path

import pytest
import tiny
from click.testing import CliRunner, Result

from data.errors import Refused
from data.store import Store
from qa_model import bundle
from training.learning import Recipe
from training.search import Scored, Search
from training.settings import untrained
from training.tune import gains
from training.tune_command import _against_untrained, tune


@pytest.fixture
def place(tmp_path: Path) -> list[str]:
    """The common options of a store with a course in it."""
    with Store(tmp_path / "tutor.db") as store:
        tiny.fill(store, tiny.topics(roots=tiny.ROOTS[:8], wordings=4))
    return ["--db", str(tmp_path / "tutor.db"), "--models", str(tmp_path / "models")]


def call(*args: object) -> Result:
    return CliRunner().invoke(tune, ["answers", *map(str, args)])


def test_a_table_best_first(place: list[str], tmp_path: Path, bert: Path) -> None:
    picture = tmp_path / "plot.png"
    result = call(*place, "--base", bert, "--lr", "1e-6, 3e-3", "--epochs", 6, "--folds", 2, "--plot", picture)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["MRR@10", "hit@1", "setting"]
    assert lines[1].startswith("* 0.")
    assert lines[1].endswith("lr 0.003")
    (bare,) = [line for line in lines[1:4] if "untrained" in line]
    assert bare.startswith("  0.") and bare.endswith("untrained (for comparison)")
    assert lines[4].startswith("* the cheapest setting within one standard error of the best")
    assert re.fullmatch(
        r"the winner against its base untrained: MRR@10 [+-]0\.\d{3} ± 0\.\d{3}, better in [0-2] of 2 folds(: .*)?",
        lines[5],
    )
    assert len(lines) == 6
    assert "6 of 6: " in result.stderr
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_one_json_object_and_the_winner_fitted(place: list[str], tmp_path: Path, bert: Path) -> None:
    grid = ("--lr", "3e-3", "--epochs", "1,2", "--average", "0.5,1", "--batch-size", 8, "--folds", 2)
    result = call(*place, "--json", "--base", bert, *grid, "--fit")
    assert result.exit_code == 0, result.output
    assert result.stdout.count("\n") == 1
    found = json.loads(result.stdout)
    assert len(found["settings"]) == 5
    assert [one["untrained"] for one in found["settings"]].count(True) == 1
    (won,) = [one for one in found["settings"] if one.pop("winner")]
    assert won == found["winner"]
    assert won["mrr@10"].keys() == {"mean", "sd", "folds"}
    (bare,) = [one for one in found["settings"] if one["untrained"]]
    gains = [own - without for own, without in zip(won["mrr@10"]["folds"], bare["mrr@10"]["folds"], strict=True)]
    assert found["winner_against_untrained"]["mrr@10"]["folds"] == pytest.approx(gains)
    assert found["fitted"]["version"] == "0001"
    training = bundle.read_record(tmp_path / "models", "0001")["training"]
    assert (training["lr"], training["average"]) == (3e-3, won["average"])


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--lr", "2e-5,,3e-5", "nothing between two commas"),
        ("--lr", "fast", "'fast' is not a valid float"),
        ("--lr", "auto", "'auto' is not a valid float"),
        ("--average", "0", "not in the range"),
        ("--batch-size", "32,1", "not in the range"),
        ("--epochs", "auto,0", "not in the range"),
        ("--folds", "1", "not in the range"),
        ("--plot", "plot.jpg", "a .png file"),
    ],
)
def test_a_wrong_value_is_wrong_usage(place: list[str], option: str, value: str, said: str) -> None:
    result = call(*place, option, value)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.replace("│", "").split())


def test_a_missing_folder_is_told_before_hours_of_work(place: list[str], tmp_path: Path) -> None:
    result = call(*place, "--plot", tmp_path / "none" / "plot.png")
    assert isinstance(result.exception, Refused)


@pytest.mark.parametrize(
    ("mrr", "said"), [((0.6, 0.7), "better in 2 of 2 folds"), ((0.5, 0.5), "training does not pay")]
)
def test_the_winner_stands_against_its_own_base(mrr: tuple[float, ...], said: str) -> None:
    won, other = (Scored(Recipe(base=base), {"mrr@10": mrr}, 1) for base in ("one", "two"))
    bare = [
        Scored(untrained(base), {"mrr@10": own}, 0, False) for base, own in (("one", (0.5, 0.6)), ("two", (0.9, 0.9)))
    ]
    line = _against_untrained(gains(Search("", (*bare, won, other), won)))
    assert line.startswith("the winner against its base untrained: MRR@10 ") and said in line
