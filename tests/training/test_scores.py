"""A scorer learns what people reward, says how sure it is, and what is like it; from the file to the bundle."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scored
import tiny

from data.scored import ScoredWork, Work
from data.store import Store
from qa_model import bundle
from qa_model.base import ModelError
from qa_model.encoder import Encoder
from qa_model.refusals import NEW_PROMPT
from qa_model.score_bundle import load_scorer, read_scorer, save_scorer
from qa_model.scorer import NEW, Scorer
from training import score_fit, scores
from training.history import events
from training.score_measures import measure_scores
from training.scores import Learned, fit_scorer

PROMPTS = ("p1", "p2", "p3")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.bert(tmp_path_factory.mktemp("models") / "bert")


@pytest.fixture(scope="module")
def encoder(base: Path) -> Encoder:
    return Encoder.load(base)


@pytest.fixture(scope="module")
def learned(encoder: Encoder) -> Learned:
    return fit_scorer(encoder, scored.scored(PROMPTS, 60))


def test_new_texts_get_about_what_people_would_give(learned: Learned) -> None:
    works = scored.scored(PROMPTS, 30, seed=1)
    told = measure_scores(works, learned.scorer.score([own.work for own in works]))
    assert told["qwk"] > 0.8
    assert told["qwk"] > told["baselines"]["length_only"]["qwk"]
    assert told["coverage"] > 0.8


def test_a_new_prompt_is_scored_by_its_reference(learned: Learned) -> None:
    works = scored.scored(("p4",), 60, seed=1)
    told = measure_scores(works, learned.scorer.score([own.work for own in works]))
    assert told["pearson"] > 0.6
    assert NEW_PROMPT not in told["reasons"]


def test_a_new_prompt_without_reference_is_refused_and_still_estimated(learned: Learned) -> None:
    (told,) = learned.scorer.score([Work("p9", "ba bel dor fin gam")])
    assert NEW_PROMPT in told.refused
    assert told.low <= told.value <= told.high


def test_the_nearest_scored_texts_are_the_evidence(learned: Learned) -> None:
    known = learned.works[0]
    (told,) = learned.scorer.score([known.work])
    assert (told.nearest[0].text, told.nearest[0].score) == (known.work.text, known.score)
    assert [own.cosine for own in told.nearest] == sorted((own.cosine for own in told.nearest), reverse=True)


def test_what_is_left_out_is_covered_as_stated(learned: Learned) -> None:
    told = measure_scores(learned.works, learned.left_out)
    assert 0.88 <= told["coverage"] <= 0.95
    assert {own.work.prompt_id for own in learned.new_works} == set(PROMPTS)


def test_the_intervals_of_few_texts_hold_for_new_ones(encoder: Encoder) -> None:
    drawn = random.Random(0)

    def noisy(each: int, seed: int) -> list[ScoredWork]:
        works = scored.scored(PROMPTS, each, seed=seed)
        return [replace(own, score=min(max(own.score + drawn.choice((-1, 0, 0, 1)), 0), 4)) for own in works]

    found = []
    for seed in range(4):
        new = noisy(60, seed + 10)
        told = fit_scorer(encoder, noisy(8, seed)).scorer.score([own.work for own in new])
        found += [e.low <= w.score <= e.high for w, e in zip(new, told, strict=True)]
    assert np.mean(found) >= 0.86


def test_prompts_keep_their_own_ranges(encoder: Encoder) -> None:
    works = [*scored.scored(("p1",), 60, best=4), *scored.scored(("p2",), 60, best=60)]
    model = fit_scorer(encoder, works).scorer
    told = measure_scores(works, model.score([own.work for own in works]))
    assert model.prompts["p1"].marks.levels == (0, 1, 2, 3, 4)
    assert model.prompts["p2"].high == 60
    assert min(own["qwk"] for own in told["prompts"].values()) > 0.8


def test_a_prompt_with_many_texts_has_a_regression_of_its_own(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scores, "OWN_FROM", 50)
    model = fit_scorer(encoder, [*scored.scored(("p1",), 60), *scored.scored(("p2", "p3"), 30)]).scorer
    assert model.prompts["p1"].regression != model.prompts["p2"].regression == model.prompts["p3"].regression


def test_texts_without_reference_are_scored_too(encoder: Encoder) -> None:
    works = [replace(own, work=Work(own.work.prompt_id, own.work.text)) for own in scored.scored(("p1",), 120)]
    model = fit_scorer(encoder, works[:90]).scorer
    told = measure_scores(works[90:], model.score([own.work for own in works[90:]]))
    assert told["pearson"] > 0.6
    assert "cosine_only" not in told["baselines"]


def test_scales_with_few_and_with_many_scores_stand_side_by_side(encoder: Encoder) -> None:
    scales = {"p1": (0, 3), "p2": (1, 6), "p3": (0, 30), "p4": (10, 60)}
    works = [
        replace(own, score=float(round(low + (high - low) * own.score)), second=None)
        for name, (low, high) in scales.items()
        for own in scored.scored((name,), 40, best=1)
    ]
    told = fit_scorer(encoder, works).scorer.score([own.work for own in works])
    measured = measure_scores(works, told)
    for name, (low, high) in scales.items():
        own = [e for e, w in zip(told, works, strict=True) if w.work.prompt_id == name]
        assert measured["prompts"][name]["qwk"] > 0.8
        assert all(low <= e.low <= e.value <= e.high <= high for e in own)
        assert {e.mark for e in own} <= {w.score for w in works if w.work.prompt_id == name}


def test_few_texts_of_a_wide_scale_do_not_widen_the_intervals_of_a_narrow_one(encoder: Encoder) -> None:
    works = [*scored.scored(("p1",), 25, best=4), *scored.scored(("p2",), 25, best=60)]
    prompts = fit_scorer(encoder, works).scorer.prompts
    ends = [prompts[name].interval(prompts[name].high / 2) for name in ("p1", "p2")]
    widths = [(high - low) / prompts[name].high for name, (low, high) in zip(("p1", "p2"), ends, strict=True)]
    assert widths[0] == pytest.approx(widths[1], abs=0.05)
    assert widths[0] < 1


Fit = Callable[..., score_fit.FittedScores]


@pytest.fixture
def fit(tmp_path: Path, base: Path) -> Fit:
    def fitted(works: list[ScoredWork], publish: str = "auto") -> score_fit.FittedScores:
        with Store(tmp_path / "tutor.db", create=True) as store:
            return score_fit.fit(store, tmp_path / "models", "essays", str(base), works, publish)  # type: ignore[arg-type]

    return fitted


def test_a_bundle_gives_the_same_scores(tmp_path: Path, fit: Fit, encoder: Encoder) -> None:
    works = scored.scored(PROMPTS, 30)
    made = fit(works)
    assert made.published
    model, version = load_scorer(tmp_path / "models", "essays")
    assert version == made.version == "0001"
    asked = [own.work for own in scored.scored(PROMPTS, 5, seed=2)]
    fresh = fit_scorer(encoder, works).scorer
    np.testing.assert_allclose(
        [own.value for own in model.score(asked)], [own.value for own in fresh.score(asked)], atol=0.03
    )
    assert json.loads(json.dumps(made.told()))["metrics"]["left_out"]["n"] == 90


def test_states_that_are_large_beside_how_they_vary_are_kept(tmp_path: Path, learned: Learned) -> None:
    known = learned.scorer.regressions[0]
    far = replace(known.learned, states=known.learned.states * 0.01 + 600)
    own = learned.scorer
    prompts = {NEW: own.prompts[NEW]}
    moved = Scorer(own.encoder, own.weights, [replace(known, learned=far)], prompts, own.texts[:1], own.scores[:1])
    record = save_scorer(moved, tmp_path)
    read = read_scorer(own.encoder, tmp_path, json.loads(json.dumps(record)))
    np.testing.assert_allclose(read.regressions[0].learned.states, far.states, atol=1e-4)


def test_a_worse_round_does_not_publish_itself(tmp_path: Path, fit: Fit) -> None:
    fit(scored.scored(PROMPTS, 60))
    made = fit(scored.scored(PROMPTS, 8, seed=5))  # too few to learn as much from
    assert not made.published
    assert "not better" in made.reason
    assert bundle.current(tmp_path / "models", "scores/essays") == "0001"
    with Store(tmp_path / "tutor.db") as store:
        assert [own["event"] for own in store.read(events, "scores/essays")] == [
            "fitted",
            "published",
            "fitted",
            "declined",
        ]


def test_a_scorer_that_this_program_cannot_read_is_replaced(tmp_path: Path, fit: Fit) -> None:
    works = scored.scored(PROMPTS, 30)
    record = tmp_path / "models" / "scores" / "essays" / fit(works).version / "bundle.json"
    told = json.loads(record.read_text())
    record.write_text(json.dumps(told | {"head": told["head"] | {"signs": ["words"]}}))
    made = fit(works)
    assert made.published
    assert "cannot be read by this program" in made.reason
    assert load_scorer(tmp_path / "models", "essays")[1] == made.version == "0002"


def test_a_scorer_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="fit scores FILE --name essays"):
        load_scorer(tmp_path, "essays")


def test_a_damaged_scorer_is_refused(tmp_path: Path, fit: Fit) -> None:
    made = fit(scored.scored(PROMPTS, 30))
    (tmp_path / "models" / "scores" / "essays" / made.version / "head" / "examples.jsonl").write_text("[]\n")
    with pytest.raises(ModelError, match="0001 is refused"):
        load_scorer(tmp_path / "models", "essays")


def test_the_seed_deals_out_the_folds(encoder: Encoder) -> None:
    drawn = random.Random(0)
    known = scored.scored(each=60)
    works = [replace(own, score=drawn.choice((own.score, 0, 4))) for own in known]  # many weights are as good

    def estimates(seed: int) -> list[float]:
        return [own.value for own in fit_scorer(encoder, works, seed=seed).left_out]

    first = estimates(0)
    assert estimates(0) == pytest.approx(first, abs=1e-3)
    assert any(estimates(seed) != pytest.approx(first, abs=1e-3) for seed in (1, 2, 3))


@pytest.mark.parametrize("text", ["", "ba", "?!"])
def test_texts_that_are_all_alike_leave_the_mean_and_no_error(encoder: Encoder, text: str) -> None:
    works = [ScoredWork(Work("p1", text), float(i % 2)) for i in range(20)]
    (told,) = fit_scorer(encoder, works).scorer.score([Work("p1", text)])
    assert told.value == pytest.approx(0.5, abs=0.05)
    assert (told.low, told.high) == (0, 1)


def test_what_is_left_out_stands_beside_the_baselines(learned: Learned) -> None:
    told = measure_scores(learned.works, learned.left_out)
    assert told["baselines"].keys() == told["prompts"]["p1"]["baselines"].keys() == {"length_only", "cosine_only"}
    assert told["qwk"] > told["baselines"]["length_only"]["qwk"]
    assert "length_only" in measure_scores(learned.new_works, learned.new_prompts)["baselines"]
