"""A search measures every setting on every fold once, shares trainings, and prefers the cheaper of equals."""

import json
from pathlib import Path

import pytest
import tiny

from data.errors import Refused
from data.store import Store
from training.examples import Example, Material, gather
from training.learning import Recipe
from training.search import Scored, Search, winner
from training.settings import describe, grid, untrained
from training.trained import Settings
from training.tune import FILE, tune
from training.tune_plot import plot

FOLDS = 2


@pytest.fixture
def material(store: Store) -> Material:
    tiny.fill(store, tiny.topics(roots=tiny.ROOTS[:8], wordings=4))
    return store.read(gather)


def run(material: Material, models: Path, recipes: list[Recipe]) -> tuple[Search[Recipe], list[str], list[int]]:
    """Search; return what was found, what was told, and the epochs that were trained."""
    told: list[str] = []
    epochs: list[int] = []
    found = tune(material, models, recipes, FOLDS, told.append, lambda epoch, *_: epochs.append(epoch))
    return found, told, epochs


def test_each_setting_is_measured_on_each_fold_and_not_again(material: Material, tmp_path: Path, bert: Path) -> None:
    recipes = grid("quick", [str(bert)], [1e-6, 3e-3], [8], [2], [0.5, 1.0])
    found, told, epochs = run(material, tmp_path, recipes)
    assert epochs == [1, 2] * 2 * FOLDS  # the averages share their trainings
    assert len(told) == 5 * FOLDS
    assert told[0].startswith(f"1 of {5 * FOLDS}: untrained, fold 1: MRR@10 0.")
    assert {one.recipe for one in found.scored} == {*recipes, untrained(str(bert))}
    assert [one.mean for one in found.scored] == sorted((one.mean for one in found.scored), reverse=True)
    assert found.winner.recipe.settings.lr == 3e-3
    again, _, epochs = run(material, tmp_path, recipes)
    assert (again, epochs) == (found, [])
    assert not list(tmp_path.glob("vectors.db*"))  # what serves keeps its vectors


def test_a_search_goes_on_where_it_was_cut_off(material: Material, tmp_path: Path, bert: Path) -> None:
    recipes = grid("full", [str(bert)], [3e-3], [8], [1], [None])
    found, _, _ = run(material, tmp_path, recipes)
    lines = (tmp_path / FILE).read_text().splitlines(keepends=True)
    assert len(lines) == 2 * FOLDS
    (tmp_path / FILE).write_text("".join(lines[:-1]) + lines[-1][:40])
    again, _, epochs = run(material, tmp_path, recipes)
    assert (again, epochs) == (found, [1])


def test_other_data_other_folds_and_another_base_are_measured_anew(
    material: Material, tmp_path: Path, bert: Path, gpt: Path
) -> None:
    run(material, tmp_path, grid("quick", [str(bert)], [3e-3], [8], [1], [1.0]))
    less = Material(material.entries, material.examples[:-1], material.unanswerable)
    assert run(less, tmp_path, grid("quick", [str(bert)], [3e-3], [8], [1], [1.0]))[2] == [1] * FOLDS
    assert run(material, tmp_path, grid("quick", [str(gpt)], [3e-3], [8], [1], [1.0]))[2] == [1] * FOLDS
    keys = [json.loads(line)["key"] for line in (tmp_path / FILE).read_text().splitlines()]
    assert len({key["data"] for key in keys}) == len({key["encoder"] for key in keys}) == 2


@pytest.mark.parametrize("count", [0, 1, 3])
def test_too_few_wordings_are_refused(tmp_path: Path, bert: Path, material: Material, count: int) -> None:
    few = Material(material.entries, material.examples[:count], ())
    with pytest.raises(Refused, match=r"nothing to tune on: .*; add wordings, or take fewer folds"):
        tune(few, tmp_path, [Recipe(base=str(bert))], 3, lambda _: None, lambda *_: None)


def scored(lr: float, mrr: tuple[float, ...], cost: float) -> Scored[Recipe]:
    return Scored(Recipe(settings=Settings(lr=lr)), {"mrr@10": mrr}, cost)


def test_the_cheapest_within_one_standard_error_wins() -> None:
    best, near = scored(1e-5, (0.80, 0.90, 0.85), 9), scored(2e-5, (0.82, 0.83, 0.84), 3)
    far, same = scored(3e-5, (0.81, 0.82, 0.81), 1), scored(4e-5, (0.83, 0.84, 0.84), 3)
    bare = Scored(untrained("base"), {"mrr@10": (0.99, 0.99, 0.99)}, 0, False)
    assert best.error == pytest.approx(0.05 / 3**0.5)
    assert winner([bare, best, near, far]) is near
    assert winner([bare, best, near, far, same]) is same  # as cheap, and better
    assert winner([best, far]) is best


def test_the_plot_is_a_picture_that_grows_with_the_settings(tmp_path: Path) -> None:
    heights = []
    for many in (2, 12, 90):
        own = [scored(i / 1000, (0.8 - i / 1000, 0.81, 0.82), 1) for i in range(1, many)]
        own.append(Scored(untrained("base"), {"mrr@10": (0.5, 0.6, 0.55)}, 0, False))
        plot(Search("", tuple(own), own[0]), describe([one.recipe for one in own]), "MRR@10", tmp_path / "plot.png")
        picture = (tmp_path / "plot.png").read_bytes()
        assert picture.startswith(b"\x89PNG")
        heights.append(int.from_bytes(picture[20:24]))
    assert heights[0] < heights[1] < heights[2] < 3000


def test_examples_of_one_answer_alone_are_refused(tmp_path: Path, bert: Path, material: Material) -> None:
    alone = [Example(f"w{i} x{i}", "tiny", frozenset({material.entries[0].key}), 1.0) for i in range(9)]
    with pytest.raises(Refused, match="fewer than 3 answers to learn"):
        run(Material(material.entries, tuple(alone), ()), tmp_path, [Recipe(base=str(bert))])
