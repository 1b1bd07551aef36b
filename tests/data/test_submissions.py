"""Texts are handed in once, wait for their mark in the order of how uncertain they are, and become training data."""

import csv
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from handed_in import ANN, ASKED, BOB, COLLEAGUE, REFUSED, SURE, TEACHER, TEXT, UNSURE, asked, hand_in
from persons import everything, files_of, write

from data import assignments, exporting, notices, submissions, traces
from data.audit import changes
from data.errors import Refused
from data.forgetting import forget
from data.privacy import about, outdated
from data.retention import apply, retain, set_retention
from data.scored import read_scored
from data.store import Store
from data.submissions import Finding


def mark(
    store: Store, number: int, score: float, comment: str = "", teacher: str = TEACHER, ref: str | None = None
) -> bool:
    return store.write(submissions.mark, number, score, comment, teacher=teacher, ref=ref)[1]


def test_a_text_is_kept_with_its_estimate_and_the_same_event_hands_in_once(store: Store) -> None:
    told = replace(SURE, strengths=(Finding("terms", 7, 5, 9, 9),), gaps=(Finding("sentence_length", 34, 12, 22),))
    first = hand_in(store, asked(store), estimate=told, ref="event 1")
    assert (first.text, first.estimate, first.marks) == (TEXT, told, ())
    assert hand_in(store, first.assignment, ref="event 1").id == first.id
    assert store.read(submissions.of_person, ANN) == [first]


def test_one_text_of_an_assignment_stands_until_it_is_withdrawn(store: Store) -> None:
    assignment = asked(store)
    first = hand_in(store, assignment)
    assert store.read(submissions.check_hand_in, ANN, assignment) == "standing"
    assert store.write(submissions.hand_in, ANN, assignment, "another", None, "event 2") is None
    assert not store.write(submissions.withdraw, first.id, BOB)
    assert store.write(submissions.withdraw, first.id, ANN)
    assert not store.write(submissions.withdraw, first.id, ANN)
    assert not [cell for cell in everything(store) if TEXT in cell]
    assert store.read(submissions.find, first.id) is None
    assert hand_in(store, assignment).id != first.id


def test_what_is_marked_cannot_be_withdrawn(store: Store) -> None:
    one = hand_in(store, asked(store))
    mark(store, one.id, 3)
    assert not store.write(submissions.withdraw, one.id, ANN)


def test_a_closed_or_retired_assignment_and_too_many_texts_a_day_are_told(store: Store) -> None:
    assignment = asked(store)
    assert store.read(submissions.check_hand_in, ANN, replace(assignment, closes_on="2020-01-01")) == "closed"
    assert store.read(submissions.check_hand_in, ANN, replace(assignment, retired=True)) == "closed"
    for _ in range(submissions.MAX_A_DAY):
        store.write(submissions.withdraw, hand_in(store, assignment).id, ANN)
    assert store.read(submissions.check_hand_in, ANN, assignment) == "often"
    assert store.read(submissions.check_hand_in, BOB, assignment) == ""


def test_the_queue_shows_refused_first_then_what_nothing_estimated_then_the_widest_interval(store: Store) -> None:
    assignment = asked(store)
    told = {"a" * 32: SURE, "b" * 32: UNSURE, "c" * 32: REFUSED, "d" * 32: None}
    made = {hand_in(store, assignment, person, estimate=one).id: one for person, one in told.items()}
    waits = [made[one.id] for one in store.read(submissions.unmarked, None)]
    assert waits == [REFUSED, None, UNSURE, SURE]
    assert store.read(submissions.unmarked, frozenset({"other"})) == []
    first = store.read(submissions.unmarked, frozenset({"c"}))[0]
    mark(store, first.id, 1)
    assert [one.id for one in store.read(submissions.marked, None)] == [first.id]
    assert len(store.read(submissions.unmarked, None)) == 3


def test_a_mark_is_checked_logged_and_told_once(store: Store) -> None:
    one = hand_in(store, asked(store))
    assert mark(store, one.id, 2.5, "Good.", ref="event 7")
    assert not mark(store, one.id, 2.5, "Good.", ref="event 7")
    assert mark(store, one.id, 3, ref="event 8")
    (given,) = store.read(submissions.find, one.id).marks  # type: ignore[union-attr]
    assert (given.teacher, given.score, given.comment) == (TEACHER, 3, "")
    logged = [change for change in store.read(changes) if change.action == "mark"]
    assert [(c.actor, c.course, c.detail) for c in logged] == [
        (TEACHER, "c", f"text {one.id}: 2.5"), (TEACHER, "c", f"text {one.id}: 3"),
    ]  # fmt: skip
    for score in (4.5, -1, 2.75):
        with pytest.raises(Refused, match="not on the scale from 0 to 4"):
            mark(store, one.id, score)
    with pytest.raises(Refused, match="the comment has 2,001 characters"):
        mark(store, one.id, 2, "x" * 2001)
    with pytest.raises(Refused, match="text 99 is no longer there"):
        mark(store, 99, 2)


def test_the_student_is_told_of_the_first_mark_and_its_changes_and_not_of_a_second_reading(store: Store) -> None:
    one = hand_in(store, asked(store))
    assert mark(store, one.id, 2)
    assert not mark(store, one.id, 3, teacher=COLLEAGUE)
    assert mark(store, one.id, 2.5)
    now = store.read(submissions.find, one.id)
    assert now is not None
    for _ in range(2):
        store.write(submissions.tell, now, "marked", ("Show", "es:1:0"))
    (notice,) = store.read(notices.waiting, person=ANN)
    assert (notice.lead, notice.choices) == ("marked", [[["Show", "es:1:0"]]])


def test_marked_texts_are_what_a_scorer_learns_from(store: Store, tmp_path: Path) -> None:
    assignment = asked(store)
    one, two = hand_in(store, assignment), hand_in(store, assignment, BOB, "说" * submissions.MAX_TEXT_CHARS)
    hand_in(store, assignment, TEACHER, "nobody marked this")
    mark(store, one.id, 2.5)
    mark(store, one.id, 3, teacher=COLLEAGUE)
    mark(store, two.id, 4)
    for name in ("s.csv", "s.jsonl"):
        assert store.read(exporting.export, "scores", tmp_path / name) == 2
        first, second = read_scored(tmp_path / name)
        assert (first.score, first.second, second.score, second.second) == (2.5, 3, 4, None)
        assert (first.work.prompt_id, first.work.prompt, first.work.reference) == ("why-1", "Why is it so?", "Because.")
        assert first.work.text == TEXT.replace("Anna Schmidt", "<name>")
        assert len(second.work.text) == submissions.MAX_TEXT_CHARS
    assert store.read(exporting.export, "scores", tmp_path / "none.csv", "other") == 0
    with pytest.raises(Refused, match=r"does not fit into a cell of a spreadsheet; use \.csv"):
        store.read(exporting.export, "scores", tmp_path / "s.xlsx")
    with (tmp_path / "s.csv").open(encoding="utf-8") as file:
        assert tuple(next(csv.reader(file))) == submissions.TRAINING


def test_a_person_sees_their_texts_and_marks_and_a_teacher_what_they_gave(store: Store) -> None:
    one = hand_in(store, asked(store))
    mark(store, one.id, 2, "Good.")
    (kept,) = store.read(about, ANN)["texts"]["handed_in"]
    assert (kept["course"], kept["assignment"], kept["text"], kept["estimate"]["value"]) == ("c", "why", TEXT, 3.1)
    assert [(m["score"], m["comment"]) for m in kept["marks"]] == [(2, "Good.")]
    assert TEACHER not in str(kept)
    assert [m["score"] for m in store.read(about, TEACHER)["texts"]["marks_given"]] == [2]


def test_nothing_is_left_of_who_is_forgotten_and_scorers_with_their_texts_are_named(
    store: Store, tmp_path: Path
) -> None:
    one = hand_in(store, asked(store))
    mark(store, one.id, 2)
    learned = tmp_path / "scores" / "essays" / "0001" / "head"
    learned.mkdir(parents=True)
    (learned / "examples.jsonl").write_text(f'["another", "{TEXT.replace("Anna Schmidt", "<name>")}"]\n')
    other = tmp_path / "scores" / "essays" / "0002" / "head"
    other.mkdir(parents=True)
    (other / "examples.jsonl").write_text('["another"]\n')
    gone = forget(store, tmp_path, ANN)
    assert (gone.counts["texts"], gone.versions) == (1, ("scores/essays/0001",))
    assert not [cell for cell in everything(store) if ANN in cell or TEXT in cell]
    assert TEXT.encode() not in files_of(store)
    assert store.read(lambda db: list(db.query("select 1 from marks"))) == []
    (warning,) = store.read(outdated, tmp_path)
    assert warning.startswith("version scores/essays/0001 learned from 1 who asked to be forgotten since")


def test_what_a_forgotten_teacher_gave_stays_without_them(store: Store, tmp_path: Path) -> None:
    one = hand_in(store, asked(store))
    mark(store, one.id, 2, "Good.")
    forget(store, tmp_path, TEACHER)
    (kept,) = store.read(submissions.find, one.id).marks  # type: ignore[union-attr]
    assert (kept.teacher, kept.score, kept.comment) == (None, 2, "Good.")
    assert not [cell for cell in everything(store) if TEACHER in cell]


def test_texts_go_when_their_course_keeps_them_no_longer_and_until_then_their_writer_stays(
    store: Store, tmp_path: Path
) -> None:
    one = hand_in(store, asked(store))
    mark(store, one.id, 2)
    write(store, "update people set first_seen_at = '2020-01-01'")
    write(store, "update submissions set submitted_at = '2020-01-01'")
    assert retain(store, tmp_path)["texts"] == 0
    store.write(set_retention, None, 30)
    counts = store.write(apply, datetime.now(UTC)).counts
    assert (counts["texts"], counts["people"]) == (1, 4)
    write(store, "delete from settings where key = 'retained_on'")
    hand_in(store, asked(store))
    write(store, "update people set first_seen_at = '2020-01-01'")
    assert store.write(apply, datetime.now(UTC)).counts["people"] == 3


def test_a_scale_takes_its_steps_and_marks_off_it_are_found(store: Store) -> None:
    thirds = replace(ASKED, max_score=1, score_step=1 / 3)
    assert [score for score in (0, 1 / 3, 0.5, 2 / 3, 1) if thirds.takes(score)] == [0, 1 / 3, 2 / 3, 1]
    assert replace(ASKED, score_step=0).takes(3.14159)
    one = hand_in(store, asked(store))
    mark(store, one.id, 3.5)
    assert store.read(assignments.off_scale, replace(ASKED, score_step=1)) == [
        "marks were given that are not on this scale: 3.5"
    ]


def test_texts_that_the_terminal_gave_to_be_marked_go_with_what_was_typed(tmp_path: Path) -> None:
    text = traces.given(tmp_path / "t.db") / "text-1.txt"
    text.parent.mkdir()
    text.write_text(TEXT)
    traces.forget_typed(tmp_path / "t.db")
    assert not text.exists()
