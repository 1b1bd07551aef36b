"""What the tutor says and the choices it gives; the actions travel in Telegram's buttons."""

import pytest
from catalogues import EN
from hypothesis import example, given
from hypothesis import strategies as st

from bot import replies
from bot.asking import Asked
from bot.replies import _CODES, _NAMING, Action, Verb
from data.entries import Course
from data.records import Answer, Candidate, Decision, Entry

NUMBERS = st.integers(0, 10**18 - 1)
COURSES = st.text("abcXYZ019_-", max_size=56)


def asked(decision: Decision, *probabilities: float) -> Asked:
    """A question with candidates 1, 2, ... of these probabilities."""
    candidates = tuple(
        Candidate(Entry("c", str(key), f"Question {key}?", "A.", key=key), p, p)
        for key, p in enumerate(probabilities, 1)
    )
    return Asked(5, Answer(decision, probabilities[0] if probabilities else 0.0, candidates))


def actions(reply: replies.Reply) -> list[list[str]]:
    return [[choice.action.encode() for choice in row] for row in reply.rows]


@given(st.sampled_from(sorted(verb for verb in _CODES if verb not in _NAMING)), NUMBERS, NUMBERS)
def test_an_action_fits_a_button_and_comes_back_the_same(verb: Verb, question: int, entry: int) -> None:
    action = Action(verb, question, entry)
    assert len(action.encode().encode()) <= 64
    assert Action.decode(action.encode()) == action


@given(COURSES)
@example("x" * 56)
def test_the_choice_of_a_course_fits_a_button_and_comes_back_the_same(course: str) -> None:
    action = Action("course", course=course)
    assert len(action.encode().encode()) <= 64
    assert Action.decode(action.encode()) == action


@given(st.one_of(st.text(), st.from_regex(r"[udcntk]:\d*:?\d*")))
@example("u:" + "9" * 5000 + ":1")
@example("u:٣:1")
def test_whatever_a_button_carries_is_one_of_our_actions_or_none(data: str) -> None:
    action = Action.decode(data)
    assert action is None or (action.question < 2**63 and action.entry < 2**63)


def test_a_sure_answer_has_thumbs_and_the_likely_others() -> None:
    reply = replies.answered(asked("answer", 0.8, 0.2, 0.05, 0.01), EN)
    assert reply.entry is not None
    assert reply.entry.id == "1"
    assert reply.choices_lead == EN.other_candidates
    assert actions(reply) == [["u:5:1", "d:5:1"], ["c:5:2"], ["c:5:3"]]


def test_a_sure_answer_alone_has_thumbs_only() -> None:
    reply = replies.answered(asked("answer", 0.99, 0.01), EN)
    assert reply.choices_lead == ""
    assert actions(reply) == [["u:5:1", "d:5:1"]]


def test_an_unsure_answer_shows_three_choices_and_none_of_these() -> None:
    reply = replies.answered(asked("suggest", 0.4, 0.3, 0.2, 0.1, 0.1), EN)
    assert (reply.lead, reply.entry) == (EN.suggest, None)
    assert actions(reply) == [["c:5:1"], ["c:5:2"], ["c:5:3"], ["n:5:0"]]


@pytest.mark.parametrize("unknown", [asked("abstain", 0.05, 0.01), asked("abstain"), asked("suggest")])
def test_what_is_not_known_is_offered_to_a_teacher(unknown: Asked) -> None:
    reply = replies.answered(unknown, EN)
    assert (reply.lead, reply.entry) == (EN.abstain, None)
    assert actions(reply) == [["t:5:0"]]


def test_courses_are_offered_by_title_and_all_of_them_last() -> None:
    reply = replies.pick_course([Course("a", "Title A", 1), Course("b", "b", 2)], EN)
    assert [row[0].label for row in reply.rows] == ["Title A", "b", EN.all_courses]
    assert actions(reply) == [["k:a"], ["k:b"], ["k:"]]
