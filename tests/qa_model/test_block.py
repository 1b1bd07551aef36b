"""An index is cut into blocks: an import makes anew those it touches, and all find what one block would find."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from data.records import Entry
from qa_model import block, index
from qa_model.block import Text, texts_of
from qa_model.encoder import Ids, Vectors
from qa_model.fusion import Policy
from qa_model.index import CourseIndex

DIM, SIZE = 24, 8
RNG = np.random.default_rng(0)
WORDS = [f"{a}{b}" for a in ("ba", "de", "fi", "go", "hu") for b in ("bel", "dor", "fin", "gam")]


def entry(key: int) -> Entry:
    words = RNG.choice(WORDS, 6).tolist()
    return Entry("c", f"e{key}", " ".join(words[:3]), " ".join(words[3:]), alternates=(f"other {words[0]}",), key=key)


ENTRIES = [entry(key) for key in range(1, 61)]


def unit(text: Text) -> Vectors:
    vector = np.random.default_rng(abs(hash(text)) % 2**32).standard_normal(DIM).astype(np.float32)
    return vector / np.linalg.norm(vector)


class Reading:
    """Reads vectors, all but those of `without`, and notes of which texts."""

    def __init__(self, without: Sequence[Text] = ()) -> None:
        self.without = without
        self.asked: set[Text] = set()

    def __call__(self, texts: Sequence[Text]) -> tuple[Mapping[Text, Vectors], Mapping[Text, Ids]]:
        self.asked |= set(texts)
        ids = {text: np.array([len(text[1]) % 7], np.int32) for text in texts if text[0] == "passage"}
        return {text: unit(text) for text in texts if text not in self.without}, ids


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block, "BLOCK", SIZE)
    monkeypatch.setattr(index, "BLOCK", SIZE)


def whole(entries: Sequence[Entry], monkeypatch: pytest.MonkeyPatch) -> CourseIndex:
    """Return an index of one block in float32."""
    monkeypatch.setattr(block, "BLOCK", 10_000)
    monkeypatch.setattr(index, "BLOCK", 10_000)
    vectors, ids = Reading()([text for entry in entries for text in texts_of(entry)])
    return CourseIndex(entries, vectors, DIM, ids)


def after(*changes: Sequence[Entry]) -> CourseIndex:
    """Return an index that was renewed with each of these."""
    found = None
    for entries in changes:
        found = CourseIndex.renewed(found, entries, DIM, Reading())
    assert found is not None
    return found


CHANGES = {
    "made at once": [ENTRIES],
    "appended": [ENTRIES[:11], ENTRIES[:12], ENTRIES],
    "taken out": [[*ENTRIES[:30], entry(31), *ENTRIES[31:]], ENTRIES[:9] + ENTRIES[10:40] + ENTRIES[44:], ENTRIES],
    "shrunk and grown": [ENTRIES, ENTRIES[::5], ENTRIES[::2], ENTRIES],
    "mended": [[replace(one, answer="") for one in ENTRIES], ENTRIES],
}


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES.keys())
def test_many_blocks_find_what_one_finds(changes: list[list[Entry]], monkeypatch: pytest.MonkeyPatch) -> None:
    found = after(*changes)
    one = whole(ENTRIES, monkeypatch)
    assert found.entries == one.entries and found.passages == one.passages
    assert +found.words == +one.words and found.cjk == one.cjk
    ids = np.array([1, 2, 3, 99], np.int32)
    assert found.token_weights(ids) == pytest.approx(one.token_weights(ids))
    texts = ["babel dedor", ENTRIES[20].question, "other hugam"]
    vectors = np.stack([unit(("query", text)) for text in texts])
    for text, vector, a, b in zip(
        texts, vectors, found.signals(texts, vectors), one.signals(texts, vectors), strict=True
    ):
        exact = found.exact(text, vector, a, np.arange(len(ENTRIES)))
        for name in ("text", "wording", "lexical"):
            assert getattr(exact, name) == pytest.approx(getattr(b, name), abs=1e-6)
        assert a.most == pytest.approx(b.most)


def test_only_what_an_import_touches_is_read() -> None:
    before, reading = after(ENTRIES), Reading()
    mended = replace(ENTRIES[20], answer="mended")
    new = [*ENTRIES[:20], mended, *ENTRIES[21:], entry(99)]
    found = CourseIndex.renewed(before, new, DIM, reading)
    assert found.entries == tuple(new)
    assert set(texts_of(mended)) | set(texts_of(new[-1])) <= reading.asked
    assert not reading.asked & {text for one in ENTRIES[:16] + ENTRIES[24:48] for text in texts_of(one)[:1]}


def test_what_is_the_same_is_taken_over_as_a_whole() -> None:
    before = after(ENTRIES)
    assert CourseIndex.renewed(before, list(ENTRIES), DIM, Reading()) is before


def test_a_block_takes_in_its_vectors_when_they_are_there() -> None:
    late = texts_of(ENTRIES[20])[:1]
    before = CourseIndex.renewed(None, ENTRIES, DIM, Reading(late))
    assert before.missing == late
    reading = Reading()
    found = CourseIndex.renewed(before, ENTRIES, DIM, reading)
    assert found.missing == [] and len(reading.asked) <= 3 * SIZE


def test_without_questions_nothing_is_found() -> None:
    assert after(ENTRIES).signals([], np.zeros((0, DIM), np.float32)) == []


def test_blocks_that_shrink_become_one() -> None:
    index = after(ENTRIES, ENTRIES[::4])
    assert [len(block.entries) for block in index._blocks] == [8, 7]


@pytest.mark.parametrize("weights", [(0.0, 0.3, 0.4, 0.3), (1.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0)])
@pytest.mark.parametrize("text", ["babel dedor fifin", "nothing", ENTRIES[3].question])
def test_the_shortlist_holds_the_best(weights: tuple[float, ...], text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    policy, many, vector = Policy(weights), after(ENTRIES), unit(("query", text))
    (signals,) = many.signals([text], vector[None])
    allowed = np.arange(0, len(ENTRIES), 2)
    short = policy.shortlist(signals, allowed, 5, many.error)
    (exact,) = whole(ENTRIES, monkeypatch).signals([text], vector[None])
    scores = policy.scores(exact)[allowed]
    assert set(allowed[np.argsort(-scores, kind="stable")[:5]].tolist()) <= set(short.tolist()) <= set(allowed.tolist())
