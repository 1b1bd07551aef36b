"""What the report gathers: from a record whole, old or odd, and from the store."""

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest
from report_records import entries, filled, record, version

from data.errors import Refused
from data.store import Store
from qa_model import bundle
from qa_model.base import ModelError
from training.report import Report, gather_report
from training.report_page import page

PARTS = (
    "training",
    "measures",
    "changes",
    "protected",
    "learning",
    "ablation",
    "calibration",
    "curve",
    "budgets",
    "worst",
)


def there(report: Report, name: str) -> bool:
    """Say whether a part of the record was read."""
    return getattr(report.about if name in ("training", "learning") else report, name) is not None


def test_a_whole_record_gives_every_part(store: Store, tmp_path: Path) -> None:
    filled(store)
    version(store, tmp_path, record())
    report = gather_report(store, tmp_path)
    assert report.complete and all(there(report, name) for name in PARTS)
    assert (report.about.version, report.about.serving, report.about.parent) == ("0001", "0001", "base")
    assert report.measures is not None
    first = report.measures[0].of("hit@1")
    assert (first.before, first.after, first.trend) == (0.868, 0.921, "better")
    assert first.change == pytest.approx(0.053)
    assert report.measures[1].of("mrr@10").trend == "unclear"
    assert report.measures[0].of("auroc").change is None
    assert report.about.learning is not None and report.about.learning.averages == ((0.3, 0.89), (0.5, 0.905))
    assert report.about.decision is not None and report.about.decision.event == "published"
    assert [event.event for event in report.about.events] == ["published", "fitted"]
    assert report.about.megabytes == pytest.approx(2, abs=0.1)


def test_a_course_counts_as_measured_from_a_hundred_labelled_questions(store: Store, tmp_path: Path) -> None:
    whole = record()
    whole["calibration"]["courses"]["young"]["measured"] = True
    version(store, tmp_path, whole)
    report = gather_report(store, tmp_path)
    assert report.budgets is not None
    assert [(b.labelled, b.measured) for b in report.budgets] == [(612, True), (61, False)]


def test_an_old_record_leaves_out_what_it_lacks(store: Store, tmp_path: Path) -> None:
    old = {"kind": "answers", "policy": {}, "training": {"mode": "quick", "losses": [1.0], "best_epoch": 1}}
    version(store, tmp_path, old)
    report = gather_report(store, tmp_path)
    assert [name for name in PARTS if there(report, name)] == ["training", "learning"]
    assert not report.complete
    assert "has no reliability diagram" in page(report)


def spoiled(whole: object) -> list[Any]:
    """Return copies of a record, each with one value of it, wherever it stands, made odd."""
    found: list[Any] = []
    if isinstance(whole, dict | list):
        for key in whole if isinstance(whole, dict) else range(len(whole)):
            odd: list[Any] = [None, "odd", [], {}, -1, 1e400, True]
            for value in [*odd, *spoiled(whole[key])]:
                copied: Any = copy.copy(whole)
                copied[key] = value
                found.append(copied)
    return found


def test_no_odd_value_anywhere_in_a_record_stops_the_page(store: Store, tmp_path: Path) -> None:
    whole = record()
    for rows in (whole["ablation"], whole["worst"], whole["calibration"]["reliability"], whole["calibration"]["curve"]):
        del rows[1:]
    name = version(store, tmp_path, whole)
    path = tmp_path / "answers" / name / bundle.RECORD
    odd = spoiled(json.loads(path.read_text(encoding="utf-8")))
    assert len(odd) > 1000
    for one in random.Random(0).sample(odd, 300):
        if isinstance(one["files"], dict) and isinstance(one["policy"], dict):
            path.write_text(json.dumps(one), encoding="utf-8")
            assert page(gather_report(store, tmp_path)).endswith("</html>\n")


def test_needs_rank_by_missed_then_by_asked(store: Store, tmp_path: Path) -> None:
    filled(store)
    version(store, tmp_path, record())
    needs = gather_report(store, tmp_path).needs
    # The question that broke is also among the worst, and counts once.
    assert [(n.question, n.phrasings, n.missed, n.asked) for n in needs.shown] == [
        (entries()[1].question, 0, 2, 0),
        (entries()[0].question, 0, 0, 2),
        (entries()[2].question, 1, 0, 0),
    ]
    assert needs.total == ((2, 2), (1, 1))


def test_when_nothing_was_fitted_it_says_what_to_run(store: Store, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="run `python -m training fit answers`"):
        gather_report(store, tmp_path)


def test_when_the_base_serves_the_newest_version_is_shown(store: Store, tmp_path: Path) -> None:
    version(store, tmp_path, record(), publish=False)
    version(store, tmp_path, record(), publish=False)
    report = gather_report(store, tmp_path)
    assert (report.about.version, report.about.serving) == ("0002", "base")
    assert "The base model serves now; this is the newest version." in page(report)
    assert gather_report(store, tmp_path, "0001").about.version == "0001"


@pytest.mark.parametrize(("name", "said"), [("base", "was not fitted"), ("0009", "no version '0009'")])
def test_a_version_that_has_no_record_is_refused(store: Store, tmp_path: Path, name: str, said: str) -> None:
    version(store, tmp_path, record())
    with pytest.raises((Refused, ModelError), match=said):
        gather_report(store, tmp_path, name)


def test_a_damaged_record_is_refused(store: Store, tmp_path: Path) -> None:
    name = version(store, tmp_path, record())
    (tmp_path / "answers" / name / bundle.RECORD).write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match="damaged"):
        gather_report(store, tmp_path)
