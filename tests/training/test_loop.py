"""The loop trains real tiny encoders, the same way each time, and keeps the best epoch."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny
import torch
from torch import Tensor

from data.records import Entry
from qa_model.block import Text, texts_of
from qa_model.encoder import Encoder
from qa_model.vectors import VectorCache, embed
from training.batches import TOGETHER, CourseBatches
from training.examples import Example
from training.loop import average, epochs_for, train
from training.modes import Task, full, quick
from training.negatives import Guide
from training.trained import Settings, State, Trained

KNOWN = [replace(entry, key=i) for i, entry in enumerate(tiny.topics(wordings=4), 1)]
EXAMPLES = [Example(text, e.course, frozenset({e.key}), 1.0) for e in KNOWN for text in e.alternates]
SETTINGS = Settings(lr=2e-3, epochs=3, batch_size=16)


def silent(epoch: int, loss: float, score: float) -> None:
    """Report nothing."""


def task(
    encoder: Encoder,
    mode: str,
    known: Sequence[Entry] = KNOWN,
    examples: Sequence[Example] = EXAMPLES,
    hard_negatives: int = 0,
) -> Task:
    """The task as a round makes it."""
    wanted: list[Text] = [texts_of(entry)[0] for entry in known]
    vectors = embed(encoder, [*wanted, *(("query", e.text) for e in (*examples, *EXAMPLES[::7]))], VectorCache(None))
    guide = Guide(known, vectors)
    if mode == "full":
        hard = {e: guide.hardest(e, hard_negatives) for e in examples}
        return full(encoder, known, EXAMPLES[::7], guide, hard)
    return quick(encoder, known, EXAMPLES[::7], vectors, guide)


def trained(
    folder: Path,
    mode: str = "quick",
    settings: Settings = SETTINGS,
    scores: Sequence[float] | None = None,
    hard_negatives: int = 0,
) -> tuple[Trained, Encoder]:
    """Train a fresh encoder; with `scores`, validation says these, one after the other."""
    encoder = Encoder.load(folder, training=True)
    work = task(encoder, mode, hard_negatives=hard_negatives)
    told = iter(scores or ())
    validate: Callable[[], float] = (lambda: next(told)) if scores else work.validate
    return train(encoder, EXAMPLES, work.loss, validate, settings, silent, grouped=work.grouped), encoder


def same(one: State, other: State) -> bool:
    return all(torch.equal(value, other[name]) for name, value in one.items())


@pytest.mark.parametrize("mode", ["quick", "full"])
@pytest.mark.parametrize("kind", ["bert", "gpt"])
def test_both_kinds_of_encoder_learn_in_both_modes(request: pytest.FixtureRequest, kind: str, mode: str) -> None:
    folder = request.getfixturevalue(kind)
    before = task(Encoder.load(folder, training=True), mode).validate()
    result, _ = trained(folder, mode, replace(SETTINGS, epochs=5, patience=5))
    assert len(result.losses) == 5
    assert result.losses[-1] < 0.8 * result.losses[0]
    assert result.score > before


@pytest.mark.parametrize("kind", ["bert", "gpt"])
def test_both_kinds_learn_with_hard_negatives(request: pytest.FixtureRequest, kind: str) -> None:
    result, _ = trained(request.getfixturevalue(kind), "full", replace(SETTINGS, epochs=4), hard_negatives=2)
    assert result.losses[-1] < 0.8 * result.losses[0]


def test_hard_negatives_make_the_task_harder(bert: Path) -> None:
    encoder = Encoder.load(bert)
    few = [EXAMPLES[0], EXAMPLES[-1]]
    plain, hard = (float(task(encoder, "full", hard_negatives=n).loss(few).detach()) for n in (0, 3))
    assert hard > plain


@pytest.mark.parametrize("mode", ["quick", "full"])
def test_what_may_be_right_is_no_wrong_answer(bert: Path, mode: str) -> None:
    encoder = Encoder.load(bert, training=True)
    passages = embed(encoder, [texts_of(entry)[0] for entry in KNOWN], VectorCache(None))
    cosines = np.stack(list(passages.values())) @ encoder.encode([EXAMPLES[0].text], "query")[0]
    # As if someone had confirmed the answer that is the least like the question.
    batch = [replace(EXAMPLES[0], answers=frozenset({KNOWN[int(cosines.argmin())].key})), *EXAMPLES[4::8]]
    guided = task(encoder, mode, examples=batch)
    unguided = full(encoder, KNOWN, []) if mode == "full" else quick(encoder, KNOWN, [], passages)
    assert float(guided.loss(batch).detach()) < float(unguided.loss(batch).detach()) - 0.05


def test_the_same_seed_gives_the_same_weights_and_another_gives_others(bert: Path) -> None:
    one, again, other = (trained(bert, settings=replace(SETTINGS, epochs=1, seed=s))[0] for s in (1, 1, 2))
    assert one.losses == again.losses
    assert same(one.state, again.state)
    assert not same(one.state, other.state)


def test_it_stops_early_and_keeps_the_best_epoch(bert: Path) -> None:
    settings = replace(SETTINGS, epochs=6, patience=2)
    stopped, encoder = trained(bert, settings=settings, scores=[0.1, 0.9, 0.5, 0.4, 1.0, 1.0])
    assert (stopped.epoch, stopped.score, len(stopped.losses)) == (2, 0.9, 4)
    assert stopped.scores == (0.1, 0.9, 0.5, 0.4)
    assert not same(stopped.state, encoder.model.state_dict())  # which went on for two epochs


def test_of_epochs_as_good_as_each_other_the_last_is_kept(bert: Path) -> None:
    result, encoder = trained(bert, settings=replace(SETTINGS, epochs=4), scores=[0.0] * 4)
    assert (result.epoch, len(result.losses)) == (4, 4)
    assert same(result.state, encoder.model.state_dict())


def test_the_report_has_every_epoch(bert: Path) -> None:
    told: list[tuple[int, float]] = []
    encoder = Encoder.load(bert, training=True)
    work = task(encoder, "quick")
    settings = replace(SETTINGS, epochs=2)
    result = train(encoder, EXAMPLES, work.loss, lambda: 0.5, settings, lambda n, loss, _: told.append((n, loss)))
    assert told == [(1, result.losses[0]), (2, result.losses[1])]


def test_accumulating_two_half_batches_is_one_whole_batch(bert: Path) -> None:
    examples = EXAMPLES[:16]

    def run(settings: Settings) -> Trained:
        encoder = Encoder.load(bert, training=True)
        for module in encoder.model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        return train(encoder, examples, task(encoder, "quick").loss, lambda: 0.0, settings, silent)

    plain = Settings(lr=1e-3, epochs=1, batch_size=16, warm_up=0.0)
    whole, halves = run(plain), run(replace(plain, batch_size=8, accumulate=2))
    untouched = Encoder.load(bert, training=True).model.state_dict()
    assert halves.losses == pytest.approx(whole.losses, rel=0.02)
    moved = {name: (value - untouched[name]).flatten() for name, value in whole.state.items()}
    other = {name: (value - untouched[name]).flatten() for name, value in halves.state.items()}
    one, two = (torch.cat([delta[name] for name in moved]) for delta in (moved, other))
    assert float(torch.nn.functional.cosine_similarity(one, two, dim=0)) > 0.9
    assert 0.9 < float(one.norm() / two.norm()) < 1.1


def test_a_weight_of_nearly_nothing_teaches_nearly_nothing(bert: Path) -> None:
    encoder = Encoder.load(bert, training=True)
    loss = task(encoder, "quick").loss
    right, wrong = EXAMPLES[0], replace(EXAMPLES[0], answers=frozenset({KNOWN[-1].key}))
    with torch.no_grad():
        alone, with_light = loss([right]), loss([right, replace(wrong, weight=1e-6)])
    assert float(with_light) == pytest.approx(float(alone), abs=1e-3)


def test_texts_longer_than_the_model_are_cut(bert: Path) -> None:
    encoder = Encoder.load(bert, training=True)
    long = [replace(entry, answer="ba de fi " * 300) for entry in KNOWN]
    batch = [replace(EXAMPLES[0], text="go hu " * 300), EXAMPLES[-1]]
    for mode in ("quick", "full"):
        assert torch.isfinite(task(encoder, mode, long, batch).loss(batch))


def test_full_mode_takes_an_answer_once_and_never_as_its_own_negative(bert: Path) -> None:
    encoder = Encoder.load(bert, training=True)
    loss = full(encoder, KNOWN, []).loss
    same_answer = [e for e in EXAMPLES if 1 in e.answers]
    assert float(loss(same_answer).detach()) == pytest.approx(0, abs=1e-5)


def test_without_validation_examples_the_score_is_zero(bert: Path) -> None:
    encoder = Encoder.load(bert)
    assert full(encoder, KNOWN, []).validate() == 0.0


def test_validation_is_the_mean_reciprocal_rank(bert: Path) -> None:
    encoder = Encoder.load(bert)
    passages = encoder.encode([texts_of(entry)[0][1] for entry in KNOWN], "passage")
    ranks = []
    for example in EXAMPLES[::7]:
        scores = encoder.encode([example.text], "query")[0] @ passages.T
        (key,) = example.answers
        ranks.append(1 + int((scores > scores[key - 1]).sum()))
    expected = sum(1 / rank for rank in ranks) / len(ranks)
    assert task(encoder, "quick").validate() == pytest.approx(expected, abs=0.05)
    assert task(encoder, "full").validate() == pytest.approx(expected, abs=0.05)


def test_a_batch_stays_in_one_course_and_an_epoch_has_everything() -> None:
    examples = [Example(str(i), "cd"[i % 3 == 0], frozenset({i}), 1.0) for i in range(25)]
    batches = CourseBatches(examples, 4, seed=0)
    first, second = list(batches), list(batches)
    assert len(first) == len(batches) == 4 + 3
    assert sorted(i for batch in first for i in batch) == list(range(25))
    assert first != second
    assert all(len({examples[i].course for i in batch}) == 1 and len(batch) <= 4 for batch in first)
    assert list(CourseBatches(examples, 4, seed=0)) == first


def test_grouped_batches_hold_a_few_wordings_of_each_answer() -> None:
    examples = [Example(f"{i} " * (i % 9 + 1), "c", frozenset({i % 40}), 1.0) for i in range(240)]
    together = list(CourseBatches(examples, 32, 0, grouped=True))
    apart = list(CourseBatches(examples, 32, 0))

    def encodings(batches: list[list[int]]) -> int:
        return sum(len({min(examples[i].answers) for i in batch}) for batch in batches)

    assert sorted(i for batch in together for i in batch) == list(range(240))
    assert encodings(together) <= 40 * 2 + len(together)  # six wordings of each: four and two
    assert encodings(together) < 0.6 * encodings(apart)
    assert all(len({min(examples[i].answers) for i in batch}) >= 32 / TOGETHER for batch in together[:-1])


def test_texts_of_like_length_share_a_batch() -> None:
    examples = [Example("w" * (10 + i * 7 % 190), "c", frozenset({i}), 1.0) for i in range(200)]
    for grouped in (False, True):
        batches = list(CourseBatches(examples, 20, 0, grouped))
        padded = sum(max(len(examples[i].text) for i in batch) * len(batch) for batch in batches)
        assert padded < 1.35 * sum(len(e.text) for e in examples)


def test_few_examples_are_seen_more_often() -> None:
    assert [epochs_for(n) for n in (1, 499, 500, 1999, 2000)] == [10, 10, 4, 4, 3]


@pytest.mark.parametrize(("weight", "expected"), [(0.0, [1.0, 2.0]), (0.5, [2.0, 1.0]), (1.0, [3.0, 0.0])])
def test_the_average_lies_between_base_and_tuned(weight: float, expected: list[float]) -> None:
    tuned: State = {"w": torch.tensor([3.0, 0.0]), "steps": torch.tensor([7])}
    base: dict[str, Tensor] = {"w": torch.tensor([1.0, 2.0]), "steps": torch.tensor([0])}
    found = average(tuned, base, weight)
    assert found["w"].tolist() == expected
    assert found["steps"].tolist() == [7]
