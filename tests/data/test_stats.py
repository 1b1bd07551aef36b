"""What is in a store is counted by course, and what was imported or asked is seen by a person."""

from sqlite_utils import Database

from data import log
from data.budgets import Change, set_budget
from data.entries import add_course, put, retire
from data.labelled import confirm
from data.people import meet
from data.records import Answer, Decision, Entry, Feedback, LabelledQuestion, Question
from data.stats import stats, stats_lines
from data.store import Store

NOTHING = {"questions": {}, "feedback": {}, "reactions": {}, "escalations_open": 0, "doubted": 0}


def fill(db: Database) -> None:
    """Two courses, one of them without entries; three questions of Ann's with a vote and an escalation."""
    add_course(db, "c", "Title")
    add_course(db, "d")
    meet(db, "ann")
    key = put(db, Entry("c", "a", "Q?", "A.", alternates=("x", "y")))
    retire(db, [put(db, Entry("c", "b", "Q2?", "A.", alternates=("z",)))])
    decisions: tuple[Decision, ...] = ("answer", "answer", "abstain")
    for decision in decisions:
        number = log.record_question(db, Question("q", "c", person="ann"), Answer(decision, 0.5))
    log.vote(db, Feedback(number, key, "up", person="ann"))
    log.escalate(db, number)
    log.vote(db, Feedback(number, None, "none", person="ann"))


def test_stats_count_by_course(store: Store) -> None:
    store.write(fill)
    budget = {"max_error": 0.05, "max_error_from": "default"}
    none = {"answerable": 0, "unanswerable": 0}
    assert store.read(stats) == {
        "courses": {
            "c": {
                "title": "Title",
                "entries": 1,
                "alternates": 2,
                "labelled": none,
                **budget,
                "questions": {"abstain": 1, "answer": 2},
                "feedback": {"none": 1, "up": 1},
                "reactions": {"none": 1, "up": 1},
                "escalations_open": 1,
                "doubted": 1,
            },
            "d": {"title": "d", "entries": 0, "alternates": 0, "labelled": none, **budget, **NOTHING},
        },
        "all_courses": NOTHING,
        "people": 1,
        "inbox": {},
    }


def test_labelled_questions_are_counted_once_each_and_are_no_reactions_of_students(store: Store) -> None:
    def label(db: Database) -> None:
        add_course(db, "c")
        keys = [put(db, Entry("c", name, f"{name}?", "A.")) for name in ("a", "b", "gone")]
        questions = [("what", ("a", "b")), ("What ", ("a",)), ("why", ("gone",)), ("when", ()), ("where", ())]
        confirm(db, [LabelledQuestion(text, "c", ids) for text, ids in questions])
        retire(db, keys[2:])

    store.write(label)
    counted = store.read(stats)["courses"]["c"]
    assert counted["labelled"] == {"answerable": 1, "unanswerable": 2}
    assert (counted["feedback"], counted["reactions"]) == ({"correction": 3, "none": 2}, {})


def test_what_was_asked_of_all_courses_at_once_is_counted_too(store: Store) -> None:
    def ask(db: Database) -> None:
        fill(db)
        number = log.record_question(db, Question("anything", person="ann"), Answer("suggest", 0.5))
        log.escalate(db, number)

    store.write(ask)
    counted = store.read(stats)
    assert counted["all_courses"] == {**NOTHING, "questions": {"suggest": 1}, "escalations_open": 1}
    lines = stats_lines(counted)
    assert lines[lines.index("asked of all courses at once") + 1] == "  asked by students   1: 1 with choices"


def test_each_courses_budget_is_told_with_where_it_comes_from(store: Store) -> None:
    store.write(fill)
    store.write(set_budget, Change("d", 0.015))
    told = store.read(stats)["courses"]
    assert [(c["max_error"], c["max_error_from"]) for c in told.values()] == [(0.05, "default"), (0.015, "course")]
    store.write(set_budget, Change(None, 0.1))
    lines = [line for line in stats_lines(store.read(stats)) if "budget" in line]
    assert lines == [
        "  error budget        10 % of the answers may be wrong (set for all courses)",
        "  error budget        1.5 % of the answers may be wrong (its own)",
    ]


def test_a_person_reads_what_became_of_the_questions(store: Store) -> None:
    store.write(fill)
    assert stats_lines(store.read(stats))[:7] == [
        "c (Title)",
        "  entries             1, with 2 alternates",
        "  labelled questions  0: 0 with a known answer, 0 that nothing answers",
        "  error budget        5 % of the answers may be wrong (the default)",
        "  asked by students   3: 2 answered, 1 not known",
        "  their reactions     2: 1 up, 1 none of these",
        "  for a teacher       open escalations: 1; doubted wordings: 1",
    ]
