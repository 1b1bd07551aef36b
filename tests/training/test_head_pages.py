"""The pages about labels and scores: what was held out, whole, old and odd records; escaped, legible."""

import copy
import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
import scored
from command_line import Cli, only_json
from labelled_rows import rows, written
from test_report import spoiled
from test_report_page import CHROMIUM, Tags, scroll_widths

from data.store import Store
from qa_model import bundle
from training.head_pages import labels_page, scores_page
from training.report_heads import gather_labels, gather_scores

TYPED = "card <script>_not_updated_after_cheque_or_cash_deposit"


def labels_record() -> dict[str, Any]:
    """A record as `fit labels` writes it."""
    held = [["a", "a", 0.9]] * 8 + [["a", TYPED, 0.6]] * 2 + [[TYPED, TYPED, 0.8]] * 5 + [[TYPED, "a", 0.4]]
    training = {"recipe": "tuned", "lr": 1e-4, "losses": [2.0, 1.0], "scores": [0.7, 0.8], "epoch": 2, "seconds": 9.0}
    return {
        "head": {"labels": ["a", TYPED]},
        "base": "base",
        "data": {"rows": 60},
        "training": {**training, "examples": {"train": 44, "held out": 16}},
        "metrics": {"n": 16, "accuracy": 13 / 16, "macro_f1": 0.8, "refused": 0.05},
        "held_out": held,
    }


def scores_record() -> dict[str, Any]:
    """A record as `fit scores` writes it, with two people's scores."""
    one = {"n": 40, "coverage": 0.9, "human_qwk": 0.75, "human_n": 40}
    for name, value in (("qwk", 0.7), ("rmse", 0.6), ("pearson", 0.72)):
        one |= {name: value, f"{name}_interval": [value - 0.1, value + 0.1]}
    alone = {"length_only": {"qwk": 0.3, "rmse": 0.9, "pearson": 0.35}}
    band = {"band": "short", "words": "3-20", "n": 12, "truth": 2.0, "bias": -0.2, "rmse": 0.5, "coverage": 0.9}
    told = {**one, "baselines": alone, "bands": [{**band, "refused": 0.1}], "reasons": {"too_short": 3}, "refused": 3}
    told["prompts"] = {TYPED: {**one, "baselines": alone}, "p2": {**one, "baselines": alone}}
    sample = [[TYPED, float(i % 5), i % 5 + 0.2] for i in range(30)] + [["p2", float(i), i * 0.9] for i in range(3)]
    metrics = {"left_out": told, "new_prompts": told}
    return {"head": {}, "base": "base", "seed": 3, "seconds": 4.0, "metrics": metrics, "sample": sample}


KINDS = {"labels/topics": labels_record, "scores/essays": scores_record}


def put(models: Path, kind: str, record: dict[str, Any]) -> Path:
    """Write a version with this record; return where the record stands."""
    name = bundle.write(models, lambda folder: (folder / "model.safetensors").write_bytes(b"0") and None, record, kind)
    return models / kind / name / bundle.RECORD


def shown(store: Store, models: Path, kind: str) -> str:
    if kind.startswith("labels/"):
        return labels_page(gather_labels(store, models, kind))
    return scores_page(gather_scores(store, models, kind))


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).replace("&nbsp;", " ").replace("\N{NO-BREAK SPACE}", " ").split())


def test_the_page_of_labels_tells_what_became_of_the_rows_held_out(store: Store, tmp_path: Path) -> None:
    put(tmp_path, "labels/topics", labels_record())
    page = shown(store, tmp_path, "labels/topics")
    told = words(page)
    assert "Of 16 rows held out, 81.2 % get the label that they have." in told
    assert "Nothing serves now; this is the newest version." in told
    assert "publish 0001 --kind labels/topics makes this one serve" in told
    assert "5.0 %" in told or "5 %" in told
    assert "<script" not in page and "card &lt;script&gt;_not" in page
    assert "taken for card" in told and "data:image/png;base64,iVBOR" in page
    assert "recipe tuned" in told and "44 train, 16 held out" in told
    assert page.count("<svg") == 3 and "kept" in page


def test_the_page_of_scores_puts_people_and_baselines_beside_the_scorer(store: Store, tmp_path: Path) -> None:
    put(tmp_path, "scores/essays", scores_record())
    page = shown(store, tmp_path, "scores/essays")
    told = words(page)
    assert "agree with people by a quadratic weighted kappa of 0.700 ; two people agree by 0.750" in told
    assert "0.600 to 0.800" in told and "length only 0.300 0.900 0.350" in told
    assert "short 3-20 words 12 2.00 −0.200 0.500 90 % 10 %" in told
    assert "Prompts left out of learning" in told and "3 too short" in told
    assert "score, as a part of its prompt" in told.replace("&#39;", "'") and page.count("<circle") == 33
    assert "<script" not in page and "seed 3" in told and "in 4 seconds" in told


@pytest.mark.parametrize("kind", KINDS)
def test_pages_are_well_formed_and_fetch_nothing(store: Store, tmp_path: Path, kind: str) -> None:
    put(tmp_path, kind, KINDS[kind]())
    page = shown(store, tmp_path, kind)
    tags = Tags()
    tags.feed(page.replace("<img", "<path"))
    assert tags.open == []
    assert page.startswith("<!doctype html>") and not re.search(r"https?://|url\(|@import", page)
    names = re.findall(r'<section id="(\w+)"', page)
    assert set(re.findall(r'href="#(\w+)"', page)) == set(names)


@pytest.mark.parametrize("kind", KINDS)
def test_no_odd_value_anywhere_in_a_record_stops_the_page(store: Store, tmp_path: Path, kind: str) -> None:
    whole = KINDS[kind]()
    whole.get("held_out", [])[3:] = []
    whole.get("sample", [])[1:] = []
    path = put(tmp_path, kind, whole)
    odd = spoiled(json.loads(path.read_text(encoding="utf-8")))
    for one in random.Random(0).sample(odd, 60):
        if isinstance(one["files"], dict) and one["files"] and isinstance(one["head"], dict):
            path.write_text(json.dumps(one), encoding="utf-8")
            assert shown(store, tmp_path, kind).endswith("</html>\n")


def test_an_old_record_shows_what_it_has(store: Store, tmp_path: Path) -> None:
    old = copy.deepcopy(labels_record())
    del old["held_out"]
    put(tmp_path, "labels/topics", old)
    page = shown(store, tmp_path, "labels/topics")
    assert "81.2" in page and "has no table of labels" in page and "fit again" in page


def test_report_takes_a_kind(cli: Cli, place: list[str], tmp_path: Path, bert: Path) -> None:
    file, page = written(tmp_path / "rows.csv", rows(12)), tmp_path / "page.html"
    code, _, err = cli("report", page, "--kind", "labels/topics", *place)
    assert code == 1 and "run `python -m training fit labels FILE --name topics`" in err
    more = ("--base", bert, "--recipe", "classic", "--epochs", 1, *place)
    assert cli("fit", "labels", file, "--name", "topics", *more)[0] == 0
    code, out, _ = cli("report", page, "--kind", "labels/topics", *place)
    assert (code, out) == (0, f"{page}: report on version 0001, which serves now\n")
    assert "has no" not in page.read_text(encoding="utf-8")
    texts = scored.write(tmp_path / "scored.csv", scored.scored(("p1", "p2", "p3"), 25))
    more = ("--name", "essays", "--base", bert, "--publish", "never")
    assert cli("fit", "scores", texts, *more, *place)[0] == 0
    told = only_json(cli("report", page, "--kind", "scores/essays", *place, "--json")[1])
    assert told == {"file": str(page), "version": "0001", "serving": None}
    assert "has no" not in page.read_text(encoding="utf-8")


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
@pytest.mark.parametrize("kind", KINDS)
def test_no_sideways_scrolling_on_a_phone(store: Store, tmp_path: Path, kind: str) -> None:
    put(tmp_path / "models", kind, KINDS[kind]())
    assert scroll_widths(shown(store, tmp_path / "models", kind), tmp_path) == [320, 360, 1200]
