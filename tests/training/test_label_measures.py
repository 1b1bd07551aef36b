"""Measures of a labels model on rows whose labels are known."""

import pytest

from qa_model.labels import Labelled
from training.label_measures import measure, per_label


def told(label: str, inside: float = 0.9, known: bool = True, probability: float = 1.0) -> Labelled:
    return Labelled(label, probability, inside, known)


def test_the_measures_of_the_contract() -> None:
    truth = ["a", "a", "b", "b", "oos", "oos"]
    found = [told("a"), told("b"), told("b"), told("b", 0.2, False), told("a", 0.1, False), told("b", 0.5)]
    result = measure(truth, found)
    assert (result["n"], result["accuracy"]) == (6, 0.75)
    assert result["macro_f1"] == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert result["oos_recall"] == 0.5
    assert result["oos_auroc"] == pytest.approx(7 / 8)
    assert result["refused"] == 0.25
    assert result["ece"] == pytest.approx(0.25)


def test_without_rows_out_of_scope_their_measures_are_none() -> None:
    result = measure(["a", "b"], [told("a"), told("b")])
    assert (result["oos_recall"], result["oos_auroc"], result["accuracy"], result["ece"]) == (None, None, 1.0, 0.0)


def test_with_nothing_but_rows_out_of_scope_accuracy_is_none() -> None:
    result = measure(["oos"], [told("a", 0.1, False)])
    assert (result["n"], result["accuracy"], result["macro_f1"], result["oos_recall"]) == (1, None, None, 1.0)


def test_each_label_says_what_it_is_taken_for_worst_first() -> None:
    worst, better = per_label(["a", "a", "a", "b"], ["b", "b", "a", "b"])
    assert (worst.label, worst.n, worst.recall, worst.precision, worst.taken_for) == ("a", 3, 1 / 3, 1.0, "b")
    assert (better.label, better.recall, better.precision, better.taken_for) == ("b", 1.0, 1 / 3, None)
    (never,) = [one for one in per_label(["a"], ["c"]) if one.label == "c"]
    assert (never.n, never.recall, never.f1) == (0, 0.0, 0.0)
