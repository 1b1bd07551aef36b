"""A quiz is judged by `scores/quiz` where that serves and knows the question, else by the shipped judge."""

from pathlib import Path

import pytest
from scored import ASKED, KEYS
from small_essays import publish

from bot.judging import judge
from bot.scorers import Scorers
from bot.service import Tutor
from data.records import Entry
from data.store import Store
from qa_model.judge import judged

LEARNED = Entry("ml", "p1", ASKED, " ".join(KEYS["p1"]))
OTHER = Entry("ml", "x", "what else", "nothing that was learned stands here")


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with a scorer of two questions."""
    folder = tmp_path_factory.mktemp("few")
    with Store(folder / "t.db") as store:
        return publish(store, folder / "models", "quiz")


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with a scorer of so many questions that it knows what holds for new ones."""
    folder = tmp_path_factory.mktemp("many")
    with Store(folder / "t.db") as store:
        return publish(store, folder / "models", "quiz", tuple(KEYS))


async def test_a_question_that_the_scorer_learned_is_judged_by_it(tutor: Tutor, few: Path) -> None:
    tutor.scorers = Scorers(few)
    good = await judge(tutor, LEARNED, f"{' '.join(KEYS['p1'])} bel dor fin gam")
    bad = await judge(tutor, LEARNED, "say so on hax jol kur bel dor")
    assert good.signs is None and bad.signs is None
    assert good.score > bad.score
    assert (good.verdict, bad.verdict) == ("right", "not yet")


async def test_another_question_is_the_shipped_judge_s_unless_the_scorer_takes_new_ones(
    tutor: Tutor, few: Path, many: Path
) -> None:
    given = "something that was learned, or nothing"
    shipped = await tutor.lend(judged, OTHER, given)
    tutor.scorers = Scorers(few)
    assert await judge(tutor, OTHER, given) == shipped
    tutor.scorers = Scorers(many)
    assert (await judge(tutor, OTHER, given)).signs is None


async def test_what_needs_no_model_what_is_refused_and_no_scorer_are_the_shipped_judge_s(
    tutor: Tutor, few: Path, tmp_path: Path
) -> None:
    for models in (few, tmp_path):
        tutor.scorers = Scorers(models)
        assert (await judge(tutor, LEARNED, "no idea")).verdict == "not yet"
        assert (await judge(tutor, LEARNED, LEARNED.answer)).verdict == "right"
        chinese = "学习率太大会发散" * 4
        assert await judge(tutor, LEARNED, chinese) == await tutor.lend(judged, LEARNED, chinese)
