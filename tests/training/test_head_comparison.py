"""Two labels models, or two scorers, on the rows of a file: measures with intervals, and what became of each row."""

from pathlib import Path

import numpy as np
import pytest
import scored
from command_line import Cli, only_json
from labelled_rows import OUTSIDE, rows, written

from data.records import OOS
from data.scored import ScoredWork, Work
from qa_model.labels import Labelled
from qa_model.scorer import Estimate
from training.head_comparison import compare_labels, compare_scores, macro_f1
from training.label_measures import measure


def said(label: str, known: bool = True) -> Labelled:
    return Labelled(label, 0.9, 0.8 if known else 0.1, known)


def estimate(value: float) -> Estimate:
    return Estimate(value, float(round(value)), value - 1, value + 1, (), (), (), {})


def test_labels_are_told_apart_row_by_row_and_a_refused_row_out_of_scope_is_right() -> None:
    texts, truth = ["one", "two", "three", "four"], ["a", "b", "a", OOS]
    before = [said("a"), said("a"), said("a"), said("b")]
    after = [said("a"), said("b", known=False), said("b"), said("b", known=False)]
    found = compare_labels(texts, truth, before, after)
    assert found["fixed"] == [
        {"text": "two", "expected": "b", "before": "a", "after": "b"},
        {"text": "four", "expected": OOS, "before": "b", "after": OOS},
    ]
    assert found["broke"] == [{"text": "three", "expected": "a", "before": "a", "after": "b"}]
    assert found["unchanged"] == 1
    assert found["metrics"]["after"]["rows"]["oos_recall"] == 1.0
    assert found["intervals"]["rows"]["oos_recall"] == [1.0, 1.0]
    low, high = found["intervals"]["rows"]["accuracy"]
    assert low < 0 < high


def test_macro_f1_of_numbers_is_that_of_the_contract() -> None:
    random = np.random.default_rng(0)
    truth, found = (random.integers(0, 7, 200) for _ in range(2))
    told = measure([str(i) for i in truth], [said(str(i)) for i in found])
    assert macro_f1(truth, found) == pytest.approx(told["macro_f1"])


def test_scores_are_compared_of_all_and_of_each_prompt_and_the_largest_change_comes_first() -> None:
    works = [ScoredWork(Work(p, f"{p} text {i}"), float(i % 4)) for p in ("p_1", "p_2") for i in range(12)]
    after = [estimate(own.score) for own in works]
    before = [estimate(own.score + (own.score == 3) - 2 * (i == 2)) for i, own in enumerate(works)]
    found = compare_scores(works, before, after)
    assert found["fixed"][0]["text"] == "p_1 text 2"
    assert (len(found["fixed"]), found["broke"], found["unchanged"]) == (7, [], 17)
    assert found["metrics"]["after"].keys() == {"all", "prompt p_1", "prompt p_2"} == found["intervals"].keys()
    assert found["metrics"]["after"]["all"]["qwk"] == 1.0
    low, high = found["intervals"]["all"]["rmse"]
    assert low <= high < 0
    assert found["intervals"]["all"]["qwk"][0] > 0
    assert compare_scores(works, after, after)["intervals"]["prompt p_1"]["qwk"] == [0.0, 0.0]


def test_versions_of_labels_are_compared_on_a_file(cli: Cli, place: list[str], tmp_path: Path, bert: Path) -> None:
    kind, file = ("--kind", "labels/topics"), written(tmp_path / "rows.csv", rows(10, OUTSIDE))
    for most in (1, 2):
        more = ("--recipe", "classic", "--epochs", most, "--lr", 0.002)
        assert cli("fit", "labels", file, "--name", "topics", "--base", bert, *place, *more)[0] == 0
    result = only_json(cli("compare", "0001", "0002", file, *kind, *place, "--json")[1])
    assert result.keys() == {"metrics", "intervals", "fixed", "broke", "unchanged"}
    code, out, _ = cli("compare", "0001", "0002", file, *kind, *place)
    counts = f"{len(result['fixed'])} fixed, {len(result['broke'])} broke, {result['unchanged']} unchanged"
    assert (code, out.splitlines()[-1]) == (0, counts)
    assert out.startswith("rows (61): accuracy 0.") and "rows, 95 % interval of the difference: accuracy " in out
    code, _, err = cli("compare", "base", "0001", file, *kind, *place)
    assert code == 1 and "the base is no version of labels/topics" in err
    code, _, err = cli("compare", "0001", "0009", file, *kind, *place)
    assert code == 1 and "there are: 0001, 0002" in err
    assert cli("compare", "0001", "0002", *kind, *place)[0] == 2
    assert cli("compare", "0001", "0002", file, *place)[0] == 2
    assert cli("compare", "0001", "0002", tmp_path / "none.csv", *kind, *place)[0] == 1


def test_versions_of_scores_are_compared_on_a_file_and_it_is_said_when_nothing_serves(
    cli: Cli, place: list[str], tmp_path: Path, bert: Path
) -> None:
    kind, file = ("--kind", "scores/essays"), scored.write(tmp_path / "scored.csv", scored.scored(("p1", "p2"), 30))
    code, _, err = cli("publish", "base", *kind, *place)
    assert code == 1 and "no version of scores/essays was fitted yet" in err
    for seed in (0, 1):
        more = ("--name", "essays", "--base", bert, "--seed", seed, "--publish", "always")
        assert cli("fit", "scores", file, *more, *place)[0] == 0
    code, out, _ = cli("compare", "0001", "0002", file, *kind, *place)
    assert code == 0 and out.startswith("all (60): qwk ") and "\nprompt p1 (30): " in out
    for command in (("publish", "base"), ("history",)):
        code, out, _ = cli(*command, *kind, *place)
        assert code == 0
        assert out.endswith("nothing serves now: no version of scores/essays is published\n")
    told = only_json(cli("history", *kind, *place, "--json")[1])
    assert (told["current"], told["serving"]) == (None, None)
    assert only_json(cli("publish", "base", *kind, *place, "--json")[1]) == {"current": None}
    assert cli("rollback", *kind, *place)[0] == 1
