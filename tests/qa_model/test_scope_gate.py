"""What a labels model holds out of scope gets no choices, unless its wording is known."""

from pathlib import Path

import pytest
import topic_bundle

from data.records import Answer, Candidate, Decision, Entry, Question
from qa_model.course_labels import CourseLabels
from qa_model.encoder import Encoder
from qa_model.labels import Labelled
from qa_model.scope_gate import gate, gated

ENTRY = Entry("c", "ba", "baa question", "bao bae", "ba", alternates=("babel q0",), confirmed=("bador q1",))
OUTSIDE = "zubel zudor zufin"
ROWS = {"ba": ("babel q0", "bador q1"), "de": ("debel q0", "dedor q1")}


def answer(decision: Decision, entry: Entry = ENTRY) -> Answer:
    return Answer(decision, 0.9, (Candidate(entry, 0.9, 0.9),))


@pytest.mark.parametrize(("before", "after"), [("answer", "answer"), ("suggest", "abstain"), ("abstain", "abstain")])
def test_what_is_out_of_scope_gets_no_choices_and_a_sure_answer_stands(before: Decision, after: Decision) -> None:
    inside, outside = (Labelled("ba", 0.9, 0.5, known) for known in (True, False))
    assert gated(answer(before), inside).decision == before
    assert gated(answer(before), outside).decision == after
    assert gated(answer(before), outside).candidates == answer(before).candidates


def test_a_question_is_judged_by_the_labels_of_its_best_candidates_course(
    tmp_path: Path, bert: Path, encoder: Encoder
) -> None:
    topic_bundle.published(tmp_path, "c", bert, ROWS, 0.95)
    other = Entry("d", "ba", "baa question", "bao bae", "ba")
    asked = [Question(text) for text in ("babel q0", OUTSIDE, OUTSIDE)]
    answers = [answer("suggest"), answer("suggest"), answer("suggest", other)]
    found = gate(CourseLabels(tmp_path), asked, answers, encoder)
    assert [one.decision for one in found] == ["suggest", "abstain", "suggest"]


@pytest.mark.parametrize("text", ["BAA  question", "babel  q0", "bador q1"])
def test_a_known_wording_gets_its_choices_whatever_the_labels_say(
    tmp_path: Path, bert: Path, encoder: Encoder, text: str
) -> None:
    topic_bundle.published(tmp_path, "c", bert, ROWS, 2.0)  # which nothing reaches
    labels = CourseLabels(tmp_path)
    assert gate(labels, [Question(text)], [answer("suggest")], encoder)[0].decision == "suggest"
    assert gate(labels, [Question(f"{text} then")], [answer("suggest")], encoder)[0].decision == "abstain"


def test_a_question_is_judged_with_what_it_leans_on(tmp_path: Path, bert: Path, encoder: Encoder) -> None:
    topic_bundle.published(tmp_path, "c", bert, {"ba": ("babel q0 and q1",), "de": ("debel",)}, 0.99)
    leaning, alone = Question("and q1", context="babel q0"), Question("and q1")
    found = gate(CourseLabels(tmp_path), [leaning, alone], [answer("suggest")] * 2, encoder)
    assert [one.decision for one in found] == ["suggest", "abstain"]


def test_a_topic_that_the_labels_model_never_learned_is_let_pass(tmp_path: Path, bert: Path, encoder: Encoder) -> None:
    topic_bundle.published(tmp_path, "c", bert, ROWS, 2.0)
    bare, new = Entry("c", "x", "xx", "y"), Entry("c", "x", "xx", "y", "new section")
    answers = [answer("suggest", entry) for entry in (bare, new, ENTRY)]
    found = gate(CourseLabels(tmp_path), [Question(OUTSIDE)] * 3, answers, encoder)
    assert [one.decision for one in found] == ["suggest", "suggest", "abstain"]


def test_without_a_labels_model_and_without_candidates_nothing_changes(tmp_path: Path, encoder: Encoder) -> None:
    answers = [answer("suggest"), Answer("abstain", 0.0)]
    assert gate(CourseLabels(tmp_path), [Question(OUTSIDE)] * 2, answers, encoder) == answers
