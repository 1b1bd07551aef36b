"""`evaluate resources`: measures as the literature defines them, every ranking on the same questions."""

from collections.abc import Iterable
from pathlib import Path

import pytest
import tiny
from command_line import Cli, logged, only_json

from data.records import LabelledQuestion
from data.resources import Resource, put
from data.store import Store
from qa_model.answerer import Answerer, assemble
from qa_model.vectors import VectorCache
from training.recommendation import evaluate

SHELF = (
    Resource("tiny", "b1", "babel", "https://example.org/1", summary="bador", entries=("ba",)),
    Resource("tiny", "b2", "bafin", "https://example.org/2", summary="bagam", entries=("ba",)),
    Resource("tiny", "d1", "dehax", "https://example.org/3", summary="dejol", entries=("de",)),
)
QUESTIONS = (
    LabelledQuestion("babel q0", "tiny", ("b1", "b2")),
    LabelledQuestion("dehax", "tiny", ("d1",)),
    LabelledQuestion("zukur and others", "tiny", ()),
)


def fill(path: Path) -> None:
    with Store(path) as store:
        if not tiny.live(store):
            tiny.fill(store, tiny.topics(roots=tiny.ROOTS[:8]))
        for resource in SHELF:
            store.write(put, resource)


def plain(items: Iterable[LabelledQuestion], label: str, total: int) -> Iterable[LabelledQuestion]:
    return items


@pytest.fixture
def answerer(tmp_path: Path) -> Answerer:
    fill(tmp_path / "tutor.db")
    with Store(tmp_path / "tutor.db") as store:
        return assemble(tiny.live(store), tiny.default_encoder(), VectorCache(None))


def test_the_rankings_are_measured_by_their_definitions(tmp_path: Path, answerer: Answerer) -> None:
    with Store(tmp_path / "tutor.db") as store:
        result = evaluate(store, answerer, QUESTIONS, plain)
    assert (result["n"], result["fitting"], result["resources"]) == (3, 2, 3)
    # All three are expected once, so popularity keeps their order: b1, b2, d1; d1 comes third for the second question.
    popular = result["measures"]["popularity"]
    assert popular["recall@5"] == 1.0
    assert popular["ndcg@10"] == pytest.approx((1 + 0.5) / 2)
    assert popular["mrr"] == pytest.approx((1 + 1 / 3) / 2)
    # BM25 finds one of two for the first question, first; and for the second the only one.
    words = result["measures"]["bm25"]
    assert words["recall@5"] == pytest.approx((0.5 + 1) / 2)
    assert words["ndcg@10"] == pytest.approx((1 / (1 + 0.6309297535714575) + 1) / 2)
    assert words["mrr"] == 1.0
    assert words["catalogue coverage"] == pytest.approx(2 / 3)
    assert result["measures"]["ours"]["recall@5"] == 1.0
    low, high = result["ahead"]["bm25"]["recall@5"]
    assert 0 <= low <= 0.25 <= high
    assert set(result["shown"]) == {"offered", "helpful", "precision", "silent"}


def test_questions_that_no_resource_fits_count_only_for_silence(tmp_path: Path, answerer: Answerer) -> None:
    with Store(tmp_path / "tutor.db") as store:
        result = evaluate(store, answerer, QUESTIONS[2:], plain)
    assert (result["n"], result["fitting"]) == (1, 0)
    assert result["shown"] == {"offered": None, "helpful": None, "precision": None, "silent": 1.0}
    assert result["ahead"] == {"popularity": {}, "bm25": {}}


def test_the_command_prints_a_table_or_json_and_logs_nothing(cli: Cli, place: list[str], tmp_path: Path) -> None:
    fill(tmp_path / "tutor.db")
    file = tmp_path / "questions.csv"
    file.write_text("question,course,expected_ids\nbabel q0,tiny,b1|b2\ndehax,tiny,d1\nnothing,tiny,\n")
    before = logged(tmp_path / "tutor.db")
    code, out, _ = cli("evaluate", "resources", file, *place)
    assert code == 0
    assert out.startswith("3 questions, 2 of them with a resource; 3 resources\n")
    assert [line.split()[0] for line in out.splitlines()[2:5]] == ["ours", "popularity", "bm25"]
    told = only_json(cli("evaluate", "resources", file, *place, "--json")[1])
    assert (told["model"], told["n"]) == ("base", 3)
    assert logged(tmp_path / "tutor.db") == before


def test_what_cannot_be_measured_is_refused(cli: Cli, place: list[str], tmp_path: Path) -> None:
    code, _, err = cli("evaluate", "resources", tmp_path / "none.csv", *place)
    assert (code, err) == (1, f"error: {tmp_path / 'none.csv'}: there is no such file\n")
    file = tmp_path / "questions.csv"
    file.write_text("question,course,expected_ids\nbabel q0,tiny,b1\n")
    code, _, err = cli("evaluate", "resources", file, *place)
    assert (code, err) == (1, f"error: {file}: line 2: no resource b1 in course tiny\n")
