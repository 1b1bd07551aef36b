"""A version's record with every part that the report can show, and a store to show it with."""

from pathlib import Path
from typing import Any

import tiny

from data.records import Entry
from data.store import Store
from qa_model import bundle
from qa_model.fusion import Policies
from training import history

TYPED = "why is my loss <script>alert('NaN')</script> & what now"
CHINESE = "训练时损失变成 NaN 怎么办?"
LONG = "Donaudampfschifffahrtsgesellschaft" * 8


def entries() -> list[Entry]:
    """Four entries of a course: two without a phrasing, one with one, one with two."""
    return [
        Entry("course", "rate", "How do I choose a learning rate?", "Try three."),
        Entry("course", "nan", "Why is my loss NaN?", "Lower it."),
        Entry("course", "zh", "什么是微调?", "在自己的数据上继续训练。", alternates=("微调是什么",)),
        Entry("course", "lora", LONG, "Low rank.", alternates=("a", "b")),
    ]


def record() -> dict[str, Any]:
    """A record as a round writes it."""
    return {
        "kind": "answers",
        "parent": "base",
        "base": "sentence-transformers/all-MiniLM-L6-v2",
        "policy": bundle.policies_record(Policies()),
        "data": {"fingerprint": "f", "examples": 1043},
        "training": {
            "mode": "quick",
            "lr": 3e-5,
            "batch_size": 32,
            "seed": 0,
            "average": 0.5,
            "examples": {"train": 700, "validation": 130, "new": 212, "unseen": 101},
            "losses": [2.3, 1.7, 1.4, 1.3],
            "scores": [0.81, 0.86, 0.89, 0.88],
            "best_epoch": 3,
            "averages": {"0.3": 0.89, "0.5": 0.905},
            "seconds": 74.3,
        },
        "metrics": {
            "before": {"new_wordings": _measures(212, 0.868), "unseen_answers": _measures(101, 0.83)},
            "after": {"new_wordings": _measures(212, 0.921), "unseen_answers": _measures(101, 0.825)},
        },
        "intervals": {
            "new_wordings": {"hit@1": [0.021, 0.084], "mrr@10": [0.02, 0.061]},
            "unseen_answers": {"hit@1": [-0.03, 0.02], "mrr@10": [-0.02, 0.01]},
        },
        "ablation": [_measures(212, hit) | {"signals": name} for name, hit in (("dense", 0.8), ("all", 0.9))],
        "calibration": _calibration(),
        "changes": {
            "fixed": [_change(CHINESE, before="nan", after="zh", expected="zh")],
            "broke": [_change(TYPED, before="nan", after="rate", expected="nan")],
            "unchanged": 296,
        },
        "worst": [
            _wrong(TYPED, ["nan"], "rate", 0.97, 1),
            _wrong(LONG, ["nan"], "lora", 0.9, None),
            _wrong("can i bring a dog", [], "rate", 0.8, None),
        ],
        "protected": {"n": 3, "broken": ["what is lora"]},
    }


def version(store: Store, models: Path, whole: dict[str, Any], *, publish: bool = True) -> str:
    """Write a version with this record, as a round does."""
    name = bundle.write(models, lambda folder: _fill(folder), whole)
    store.write(history.note, "fitted", name)
    if publish:
        bundle.publish(models, name)
    store.write(history.note, "published" if publish else "declined", name, reason="better: MRR@10 0.928 -> 0.981")
    return name


def filled(store: Store) -> list[Entry]:
    """Fill the store with the entries, two of which were asked for."""
    known = tiny.fill(store, entries())
    for text in ("one", "two"):
        tiny.react(store, text, known[0], "up")
    return known


def _fill(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(bytes(2_000_000))


def _measures(n: int, hit: float) -> dict[str, Any]:
    return {
        "n": n,
        "answerable": n - 12,
        "hit@1": hit,
        "hit@5": 0.97,
        "mrr@10": hit + 0.05,
        "auroc": None,
        "coverage@0.95": hit - 0.2,
    }


def _change(question: str, *, before: str, after: str, expected: str) -> dict[str, Any]:
    return {"question": question, "course": "course", "expected_ids": [expected], "before": before, "after": after}


def _wrong(question: str, expected: list[str], top: str, probability: float, rank: int | None) -> dict[str, Any]:
    found = {"question": question, "course": "course", "expected_ids": expected, "top": top}
    return {**found, "probability": probability, "rank": rank}


def _calibration() -> dict[str, Any]:
    costs = [{"max_error": 0.01, "coverage": 0.21}, {"max_error": 0.05, "coverage": 0.64}]
    measured = {"max_error": 0.05, "threshold": 0.72, "coverage": 0.64, "error": 0.03, "upper": 0.049, "costs": costs}
    return {
        "questions": 1290,
        "unanswerable_share": 0.2,
        "ece": 0.031,
        "reliability": [{"confidence": i / 10 + 0.05, "right": i / 10, "n": 20 + i} for i in range(10)],
        "curve": [{"coverage": i / 40, "error": 0.18 * (i / 40) ** 4, "threshold": 1 - i / 40} for i in range(1, 41)],
        "courses": {
            "machine-learning-with-a-name-as-long-as-a-course-id-may-be": {
                "labelled": 612,
                "measured": True,
                **measured,
            },
            "young": {"labelled": 61, "measured": False, "max_error": 0.05, "threshold": 0.65, "costs": []},
        },
    }
