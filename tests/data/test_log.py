"""What happened is logged once: questions, reactions, questions handed to a teacher."""

from dataclasses import replace

import pytest
from sqlite_utils import Database

from bot.asking import CHOICES
from data import log
from data.entries import add_course, entries, put, retire, revision
from data.people import meet
from data.records import Answer, Candidate, Entry, Feedback, LabelledQuestion, Question
from data.store import Store


@pytest.fixture
def shown(store: Store) -> Answer:
    """An answer that shows entries 2 and 1 of course c."""

    def fill(db: Database) -> list[Entry]:
        add_course(db, "c")
        meet(db, "ann")
        meet(db, "bob")
        put(db, Entry("c", "a", "Q1?", "A."))
        put(db, Entry("c", "b", "Q2?", "B."))
        return entries(db)

    a, b = store.write(fill)
    return Answer("answer", 0.9, (Candidate(b, 3.0, 0.9), Candidate(a, 1.0, 0.1)), "0007")


def reactions(store: Store) -> list[tuple[int | None, str, str | None]]:
    return [(row["entry"], row["vote"], row["person"]) for row in store.read(log.feedback_rows)]


def test_a_recorded_question_is_read_back_as_it_was_answered(store: Store, shown: Answer) -> None:
    number = store.write(log.record_question, Question("why", "c", "en", "ann", "r1"), shown)
    assert store.read(log.recorded_answer, number) == shown
    assert store.read(log.question_id, "r1") == number
    assert store.read(log.asked_by, number) == "ann"
    assert [store.read(log.shown_position, number, key) for key in (1, 2, 3)] == [1, 0, None]


def test_an_entry_retired_since_is_no_longer_shown(store: Store, shown: Answer) -> None:
    number = store.write(log.record_question, Question("why", "c"), shown)
    store.write(retire, [2])
    assert [c.entry.id for c in store.read(log.recorded_answer, number).candidates] == ["a"]


def test_a_question_with_the_same_ref_is_recorded_once(store: Store, shown: Answer) -> None:
    first = store.write(log.record_question, Question("why", "c", ref="update:1"), shown)
    again = store.write(log.record_question, Question("why, edited", "c", ref="update:1"), Answer("abstain", 0.0))
    other = store.write(log.record_question, Question("why", "c", ref="update:2"), shown)
    assert first == again != other
    assert store.read(log.recorded_answer, first) == shown


def test_questions_without_ref_are_all_recorded(store: Store, shown: Answer) -> None:
    numbers = {store.write(log.record_question, Question("why", "c"), shown) for _ in range(3)}
    assert len(numbers) == 3
    assert store.read(log.question_id, None) is None


def test_an_unknown_question_was_asked_by_nobody(store: Store) -> None:
    assert store.read(log.asked_by, 99) is None
    assert store.read(log.question_id, "never") is None


def test_the_last_vote_of_a_person_on_an_answer_counts(store: Store, shown: Answer) -> None:
    number = store.write(log.record_question, Question("why", "c"), shown)
    store.write(log.vote, Feedback(number, 2, "up", 0, "ann"))
    store.write(log.vote, Feedback(number, 2, "down", 0, "ann"))
    assert reactions(store) == [(2, "down", "ann")]


def test_votes_of_others_on_other_answers_and_on_none_of_them_stand_apart(store: Store, shown: Answer) -> None:
    number = store.write(log.record_question, Question("why", "c"), shown)
    for person in ("ann", "bob", None):
        for entry in (1, 2, None):
            store.write(log.vote, Feedback(number, entry, "down" if entry else "none", person=person))
            store.write(log.vote, Feedback(number, entry, "up" if entry else "none", person=person))
    found = reactions(store)
    assert len(found) == len(set(found)) == 9
    assert {vote for _, vote, _ in found} == {"up", "none"}


def test_a_correction_makes_the_wording_known_and_readers_look_again(store: Store, shown: Answer) -> None:
    number = store.write(log.record_question, Question("y tho", "c"), shown)
    before = store.read(revision)
    store.write(log.vote, Feedback(number, 1, "up", person="ann"))
    assert store.read(revision) == before
    store.write(log.vote, Feedback(number, 1, "correction", person="bob", role="teacher"))
    assert store.read(revision) != before
    assert store.read(entries)[0].confirmed == ("y tho",)


def test_a_question_is_handed_to_a_teacher_once(store: Store, shown: Answer) -> None:
    number = store.write(log.record_question, Question("why", "c"), shown)
    assert [store.write(log.escalate, number) for _ in range(3)] == [True, False, False]


def test_the_last_questions_come_newest_first_each_wording_once_for_its_course(store: Store, shown: Answer) -> None:
    for text, course in (("Why?", "c"), ("how", "c"), ("why?", None), ("WHY? ", "c"), ("how", "c")):
        store.write(log.record_question, Question(text, course, "en", "ann"), shown)
    found = store.read(log.last_questions, 10)
    assert [(q.text, q.course) for q in found] == [("how", "c"), ("WHY? ", "c"), ("why?", None)]
    assert {(q.lang, q.person, q.ref) for q in found} == {("en", None, None)}
    assert [store.read(log.last_questions, n) for n in range(4)] == [found[:n] for n in range(4)]


def test_wordings_from_a_file_are_not_among_the_last_questions(store: Store, shown: Answer) -> None:
    store.write(log.record_question, Question("asked", "c"), shown)
    store.write(log.confirm_wording, "confirmed:c:1", LabelledQuestion("from a file", "c", ("a",)), [1])
    assert [q.text for q in store.read(log.last_questions, 10)] == ["asked"]


def test_a_thumbs_up_leaves_a_chosen_entry_chosen_and_a_thumbs_down_does_not(store: Store, shown: Answer) -> None:
    number = store.write(log.record_question, Question("why", "c", person="ann"), shown)
    for vote, expected in (("chosen", "chosen"), ("up", "chosen"), ("down", "down"), ("up", "up")):
        store.write(log.vote, Feedback(number, 1, vote, 1, "ann"))  # type: ignore[arg-type]
        assert reactions(store) == [(1, expected, "ann")]


def test_a_click_does_not_overwrite_a_teachers_word(store: Store, shown: Answer) -> None:
    number = store.write(log.record_question, Question("why", "c", person="ann"), shown)
    store.write(log.vote, Feedback(number, 1, "correction", person="ann", role="teacher"))
    store.write(log.vote, Feedback(number, 1, "down", person="ann"))
    assert reactions(store) == [(1, "correction", "ann")]


def test_what_a_teacher_takes_back_is_noticed_by_readers(store: Store, shown: Answer) -> None:
    number = store.write(log.record_question, Question("y tho", "c"), shown)
    store.write(log.vote, Feedback(number, 1, "correction", person="bob", role="teacher"))
    before = store.read(revision)
    store.write(log.vote, Feedback(number, 1, "down", person="bob", role="teacher"))
    assert store.read(revision) != before
    assert store.read(entries)[0].confirmed == ()


def test_the_place_at_which_an_entry_was_shown_stands_with_the_vote(store: Store, shown: Answer) -> None:
    number = store.write(log.record_question, Question("why", "c"), shown)
    for vote in ("chosen", "down"):
        store.write(log.vote, Feedback(number, 1, vote, 1, "ann"))
        assert [row["position"] for row in store.read(log.feedback_rows)] == [1]


def doubt(store: Store, answer: Answer, text: str, person: str, entry: int | None, course: str | None = "c") -> int:
    number = store.write(log.record_question, Question(text, course, person=person), answer)
    store.write(log.vote, Feedback(number, entry, "down" if entry else "none", None, person))
    return number


def test_a_student_who_wants_none_of_them_doubts_what_was_offered(store: Store, shown: Answer) -> None:
    more = [store.write(put, Entry("c", name, f"{name}?", "A.")) for name in ("x", "y", "z")]
    wide = replace(shown, candidates=tuple(Candidate(Entry("c", "", "", "", key=key), 0.0, 0.1) for key in [*more, 1]))
    none, down = doubt(store, wide, "one", "ann", None), doubt(store, wide, "two", "ann", 1)
    assert store.read(log.offered) == {none: tuple(more)}
    assert len(more) == log.OFFERED == CHOICES
    assert [(d.question, set(d.entries)) for d in store.read(log.doubted)] == [(down, {1}), (none, set(more))]


def test_doubted_questions_come_once_for_a_wording_most_doubted_first(store: Store, shown: Answer) -> None:
    doubt(store, shown, "lonely", "ann", 2)
    doubt(store, shown, "Why?", "ann", 2)
    doubt(store, shown, "WHY?", "ann", 2)
    last = doubt(store, shown, " why?", "bob", None, course=None)
    first, second = store.read(log.doubted)
    assert first == log.Doubted(last, " why?", "c", (1, 2), 2)
    assert (second.text, second.entries, second.people) == ("lonely", (2,), 1)


def test_a_doubted_wording_names_nobody(store: Store, shown: Answer) -> None:
    doubt(store, shown, "my name is Anna Schmidt, why?", "ann", 1)
    assert [d.text for d in store.read(log.doubted)] == ["my name is <name>, why?"]


def test_a_doubt_taken_back_is_none(store: Store, shown: Answer) -> None:
    number = doubt(store, shown, "why", "ann", 2)
    store.write(log.vote, Feedback(number, 2, "up", 0, "ann"))
    assert store.read(log.doubted) == []


def test_a_teachers_word_settles_a_doubt_for_as_long_as_it_stands(store: Store, shown: Answer) -> None:
    doubt(store, shown, "Why", "ann", 2)
    number = doubt(store, shown, "how", "ann", 2, course=None)
    doubt(store, shown, "off topic", "ann", None)
    doubt(store, shown, "known", "ann", 2)
    store.write(log.confirm_wording, "1", LabelledQuestion("why ", "c", ("a",)), [1])
    store.write(log.confirm_wording, "2", LabelledQuestion("off topic", "c", ()), [])
    store.write(log.vote, Feedback(number, 1, "correction", person="bob", role="teacher"))
    store.write(put, Entry("c", "b", "Q2?", "B.", alternates=("Known",)))
    assert store.read(log.doubted) == []
    store.write(retire, [1])
    assert {d.text for d in store.read(log.doubted)} == {"Why", "how"}


def test_a_question_to_all_courses_is_settled_by_an_entry_of_another_course(store: Store, shown: Answer) -> None:
    store.write(add_course, "d")
    key = store.write(put, Entry("d", "a", "Q?", "A."))
    number = doubt(store, shown, "why", "ann", 2, course=None)
    store.write(log.vote, Feedback(number, key, "correction", person="bob", role="teacher"))
    assert store.read(log.doubted) == []
