"""A search over ways to learn labels: the same folds for each, and what was measured is not measured again."""

from pathlib import Path

import pytest
from command_line import Cli, only_json
from labelled_rows import rows, written

from training.label_learning import USUAL, Recipe
from training.label_tune import FILE, grid
from training.search import Scored, winner


def scored(name: str, seconds: float, *accuracy: float) -> Scored[Recipe]:
    return Scored(Recipe("frozen", name), {"accuracy": accuracy}, seconds)


def test_the_grid_has_each_setting_once_and_frozen_does_not_vary() -> None:
    found = grid(("frozen", "tuned"), ("base",), (None, 7e-4), (None,), (2, 3))
    assert [one.name for one in found] == ["frozen", "tuned", "tuned", "tuned", "tuned"]
    assert {(one.settings.lr, one.settings.epochs) for one in found[1:]} == {
        (lr, most) for lr in (USUAL["tuned"].lr, 7e-4) for most in (2, 3)
    }


def test_the_quickest_within_one_standard_error_of_the_best_wins() -> None:
    best, near, bad = scored("a", 100, 0.8, 0.9), scored("b", 5, 0.8, 0.88), scored("c", 1, 0.5, 0.6)
    assert winner([best, near, bad]) is near
    assert winner([best, bad]) is best


def test_tuning_goes_on_where_it_was_cut_off(cli: Cli, place: list[str], tmp_path: Path, bert: Path) -> None:
    file = written(tmp_path / "rows.csv", rows(12))
    search = ("tune", "labels", file, *place, "--base", bert, "--recipe", "frozen,classic", "--epochs", 1, "--folds", 2)
    code, out, err = cli(*search, "--json")
    first = only_json(out)
    assert code == 0 and err.count("accuracy") == 4
    assert [one["winner"] for one in first["settings"]].count(True) == 1
    assert all(len(one["accuracy"]["folds"]) == 2 and one["macro_f1"]["mean"] >= 0 for one in first["settings"])
    lines = (tmp_path / "models" / FILE).read_text(encoding="utf-8")
    assert only_json(cli(*search, "--json")[1]) == first
    assert (tmp_path / "models" / FILE).read_text(encoding="utf-8") == lines
    code, out, _ = cli(*search)
    assert code == 0 and "* the quickest setting" in out and "classic, bert, lr 2e-05, 1 epochs, batch 32" in out


@pytest.mark.parametrize(("folds", "reason"), [(40, "nothing to tune on: 40 folds cannot be made")])
def test_too_many_folds_are_refused(
    cli: Cli, place: list[str], tmp_path: Path, bert: Path, folds: int, reason: str
) -> None:
    file = written(tmp_path / "rows.csv", rows(6))
    code, _, err = cli("tune", "labels", file, *place, "--base", bert, "--folds", folds)
    assert code == 1 and reason in err
    assert cli("tune", "labels", tmp_path / "none.csv", *place)[0] == 1


def test_the_winner_is_drawn_and_fitted_under_a_name(cli: Cli, place: list[str], tmp_path: Path, bert: Path) -> None:
    file, picture = written(tmp_path / "rows.csv", rows(8)), tmp_path / "tune.png"
    search = ("tune", "labels", file, *place, "--base", bert, "--recipe", "frozen", "--folds", 2, "--plot", picture)
    assert cli(*search, "--fit")[0] == 2
    code, out, _ = cli(*search, "--fit", "--name", "topics", "--json")
    told = only_json(out)
    assert (code, told["fitted"]["version"], told["fitted"]["published"]) == (0, "0001", True)
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert cli("history", "--kind", "labels/topics", *place)[1].endswith("serving now: 0001\n")
