"""A training gives an encoder folder that both libraries load, and tells how it went."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny
from safetensors.torch import load_file

from qa_model.block import Text, texts_of
from qa_model.encoder import Encoder
from qa_model.vectors import VectorCache
from training.examples import Example
from training.learning import MAX_LETTERS, UNMEASURED, WEIGHTS, Learned, Recipe, Tuned, _chosen, learn
from training.loop import average
from training.negatives import Guide
from training.trained import Settings, Trained

KNOWN = [replace(entry, key=i) for i, entry in enumerate(tiny.topics(wordings=4), 1)]
EXAMPLES = [Example(text, e.course, frozenset({e.key}), 1.0) for e in KNOWN for text in e.alternates]
VALIDATION = EXAMPLES[::7]
TRAIN = [e for e in EXAMPLES if e not in VALIDATION]
SETTINGS = Settings(lr=2e-3, epochs=3, batch_size=16)


def run(recipe: Recipe, folder: Path, validation: list[Example] = VALIDATION) -> Learned:
    return learn(KNOWN, TRAIN, validation, recipe, VectorCache(None), folder, lambda *_: None)


@pytest.mark.parametrize("mode", ["quick", "full"])
@pytest.mark.parametrize("kind", ["bert", "gpt"])
def test_it_tells_how_it_went(request: pytest.FixtureRequest, tmp_path: Path, kind: str, mode: str) -> None:
    base = str(request.getfixturevalue(kind))
    recipe = Recipe("full" if mode == "full" else "quick", base, None, SETTINGS, 2 if mode == "full" else 0)
    found = run(recipe, tmp_path / "out")
    assert len(found.losses) == len(found.scores) == 3
    assert found.losses[-1] < found.losses[0]
    assert found.score == found.scores[found.epoch - 1] == max(found.scores)
    assert tuple(found.tried) == WEIGHTS
    assert found.average == min(w for w in WEIGHTS if found.tried[w] == max(found.tried.values()))


def test_both_libraries_load_the_folder(bert: Path, tmp_path: Path) -> None:
    sentence_transformers = pytest.importorskip("sentence_transformers")
    run(Recipe("quick", str(bert), None, SETTINGS), tmp_path / "out")
    texts = [entry.question for entry in KNOWN]
    ours = Encoder.load(tmp_path / "out").encode(texts, "query")
    theirs = sentence_transformers.SentenceTransformer(str(tmp_path / "out")).encode(texts)
    assert np.allclose(ours, theirs, atol=1e-3)
    assert not np.allclose(ours, Encoder.load(bert).encode(texts, "query"), atol=1e-3)


def test_what_is_saved_is_the_average_with_the_base(bert: Path, tmp_path: Path) -> None:
    for weight in (0.0, 0.5, 1.0):
        found = run(Recipe("quick", str(bert), weight, SETTINGS), tmp_path / str(weight))
        assert (found.average, found.tried) == (weight, {})
    base, half, tuned = (load_file(tmp_path / name / "model.safetensors") for name in ("0.0", "0.5", "1.0"))
    untouched = Encoder.load(bert, training=True).model.state_dict()
    assert all(np.allclose(value, untouched[name]) for name, value in base.items())
    expected = average(tuned, base, 0.5)
    assert all(np.allclose(value, expected[name], atol=1e-6) for name, value in half.items())


def test_the_same_seed_gives_the_same_encoder(bert: Path, tmp_path: Path) -> None:
    recipe = Recipe("full", str(bert), None, replace(SETTINGS, epochs=1), 1)
    one, again = (run(recipe, tmp_path / name) for name in "ab")
    assert one == again
    assert Encoder.load(tmp_path / "a").hash == Encoder.load(tmp_path / "b").hash


def test_with_nothing_to_validate_on_the_weight_is_the_usual_one(bert: Path, tmp_path: Path) -> None:
    found = run(Recipe("quick", str(bert), None, replace(SETTINGS, epochs=1)), tmp_path / "out", [])
    assert (found.average, found.tried) == (UNMEASURED, {})


@pytest.mark.parametrize(
    ("fixed", "tried", "expected"),
    [(0.4, {}, 0.4), (None, {}, UNMEASURED), (None, {0.3: 0.8, 0.5: 0.9, 0.7: 0.9, 1.0: 0.7}, 0.5)],
)
def test_of_weights_as_good_the_one_nearest_the_base_is_chosen(
    fixed: float | None, tried: dict[float, float], expected: float
) -> None:
    assert _chosen(fixed, tried) == expected


def test_the_choice_looks_at_a_bounded_part_of_a_large_course(bert: Path) -> None:
    encoder = Encoder.load(bert)
    rows = np.random.default_rng(0).normal(size=(2000, tiny.DIM)).astype(np.float32)
    known = [replace(KNOWN[0], id=str(i), key=i, question=str(i), answer="a" * 800, alternates=()) for i in range(600)]
    asked = [Example(f"{i} asked", "tiny", frozenset({i}), 1.0) for i in range(400)]
    texts: list[Text] = [texts_of(entry)[0] for entry in known]
    texts += [("query", e.text) for e in asked]
    guide = Guide(known, dict(zip(texts, rows, strict=False)))
    state = encoder.model.state_dict()
    chosen, entries = Tuned(
        encoder, state, Trained(state, 1, 0, (), ()), tuple(known), tuple(asked), guide
    )._contested()
    keys = {entry.key for entry in entries}
    letters = sum(len(words) for entry in entries for _, words in texts_of(entry))
    assert MAX_LETTERS - 3000 < letters <= MAX_LETTERS
    assert len(chosen) >= len(entries) // 3
    assert all(e.answers <= keys and guide.rival(e) <= keys for e in chosen)
