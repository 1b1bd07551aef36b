"""What waits for a teacher, and what becomes of it once one has dealt with it."""

from datetime import UTC, datetime, timedelta

import pytest
from persons import ANN, BOB, TEACHER, course, write
from sqlite_utils import Database

from data import log, notices, people, queue, settling
from data.entries import entries
from data.errors import Refused
from data.forgetting import remove
from data.privacy import about
from data.protection import protected
from data.queue import Cluster, Waiting
from data.records import Answer, Candidate, Decision, Entry, Feedback, Question, Vote, iso
from data.stats import stats
from data.store import Store

OTHER = "d" * 32


def ask(
    store: Store,
    text: str,
    person: str = ANN,
    *,
    decision: Decision = "abstain",
    confidence: float = 0.1,
    vote: Vote | None = None,
    escalate: bool = False,
    in_course: str | None = "c",
) -> int:
    """Let a person ask, react and go to a teacher; return the question."""

    def work(db: Database) -> int:
        people.meet(db, person, lang="en")
        lr = entries(db)[0]
        shown = Answer(decision, confidence, (Candidate(lr, 0.5, confidence),))
        number = log.record_question(db, Question(text, in_course, person=person), shown)
        if vote:
            log.vote(db, Feedback(number, None if vote == "none" else lr.key, vote, 0, person))
        if escalate:
            log.escalate(db, number)
        return number

    return store.write(work)


@pytest.fixture
def known(store: Store) -> list[Entry]:
    """A small course with a teacher and a colleague."""
    store.write(people.meet, TEACHER)
    store.write(people.meet, OTHER)
    return course(store)


def lead(lang: str) -> str:
    return f"an answer ({lang})"


def cluster(store: Store, *questions: int) -> int:
    return store.write(queue.keep_cluster, questions, "c")


def waiting(store: Store, teacher: str | None = None) -> list[str]:
    return [w.text for w in store.read(queue.waiting, teacher=teacher)]


def found(store: Store, number: int) -> Cluster:
    one = store.read(queue.find_cluster, number)
    assert one is not None
    return one


@pytest.mark.parametrize(
    ("decision", "vote", "escalate", "waits"),
    [
        ("abstain", None, False, True),
        ("suggest", "none", False, True),
        ("answer", "down", False, True),
        ("suggest", None, True, True),
        ("suggest", None, False, False),
        ("answer", "up", False, False),
        ("suggest", "chosen", False, False),
        ("answer", "up", True, True),
    ],
)
def test_what_was_not_answered_rightly_waits(
    store: Store, known: list[Entry], decision: Decision, vote: Vote | None, escalate: bool, waits: bool
) -> None:
    ask(store, "how fast", decision=decision, vote=vote, escalate=escalate)
    assert waiting(store) == (["how fast"] if waits else [])


def test_a_question_that_helped_after_all_does_not_wait(store: Store, known: list[Entry]) -> None:
    number = ask(store, "how fast", decision="suggest", vote="none")
    store.write(log.vote, Feedback(number, known[0].key, "chosen", 0, ANN))
    assert waiting(store) == []


def test_what_points_to_a_person_is_not_shown_and_what_is_nothing_else_does_not_wait(
    store: Store, known: list[Entry]
) -> None:
    ask(store, "is my mail ann@example.org fine for the project?")
    ask(store, "ann@example.org")
    (one,) = store.read(queue.waiting)
    assert one.shown == "is my mail <email> fine for the project?"


def test_a_question_to_all_courses_waits_in_that_of_what_was_shown_first(store: Store, known: list[Entry]) -> None:
    ask(store, "how fast", in_course=None)
    assert [w.course for w in store.read(queue.waiting, {"c"})] == ["c"]
    assert store.read(queue.waiting, {"d"}) == []


def test_a_wording_that_an_entry_knows_by_now_waits_only_for_whom_asked_a_teacher(
    store: Store, known: list[Entry]
) -> None:
    ask(store, "how fast")
    ask(store, "How  fast", BOB, escalate=True)
    settled = ask(store, "how fast", OTHER)
    store.write(log.vote, Feedback(settled, known[0].key, "correction", None, TEACHER, "teacher"))
    assert waiting(store) == ["How  fast"]


def test_the_same_questions_are_the_same_cluster(store: Store, known: list[Entry]) -> None:
    a, b = ask(store, "how fast"), ask(store, "what speed", BOB)
    number = cluster(store, b, a)
    assert cluster(store, a, b) == number
    assert found(store, number).wordings == ("what speed", "how fast")
    assert found(store, number).people == 2


def test_a_cluster_shows_each_wording_once(store: Store, known: list[Entry]) -> None:
    number = cluster(store, ask(store, "how fast"), ask(store, "How fast ", BOB), ask(store, "speed?", BOB))
    assert found(store, number).wordings == ("how fast", "speed?")
    assert found(store, number).people == 2
    assert store.read(queue.find_cluster, 99) is None


def test_what_a_teacher_put_off_comes_back_the_next_day_and_others_see_it(store: Store, known: list[Entry]) -> None:
    number = ask(store, "how fast")
    store.write(queue.postpone, [number], TEACHER)
    assert waiting(store, TEACHER) == []
    assert waiting(store, OTHER) == waiting(store) == ["how fast"]
    write(store, "update postponed set until = ?", iso(datetime.now(UTC) - timedelta(seconds=1)))
    assert waiting(store, TEACHER) == ["how fast"]


def test_one_answer_is_an_entry_a_protected_question_and_a_notice_to_everybody_once(
    store: Store, known: list[Entry]
) -> None:
    first, again = ask(store, "how fast", escalate=True), ask(store, "which speed")
    bob = ask(store, "what speed", BOB)
    number = cluster(store, bob, first, again)
    for _ in range(2):  # the same event, handled again after a crash
        done = store.write(settling.answer, number, " 2e-5. ", actor=TEACHER, ref="r", lead=lead)
    assert done.told == 2
    assert done.entry is not None
    assert (done.entry.question, done.entry.answer) == ("what speed", "2e-5.")
    (entry,) = [e for e in store.read(entries) if e.key == done.entry.key]
    assert set(entry.confirmed) == {"how fast", "which speed", "what speed"}
    assert [(q.text, q.expected_ids) for q in store.read(protected)] == [("what speed", (entry.id,))]
    sent = store.read(lambda db: list(db.query("select person, question, entry, lead from notices order by person")))
    assert sent == [
        {"person": ANN, "question": again, "entry": entry.key, "lead": "an answer (en)"},
        {"person": BOB, "question": bob, "entry": entry.key, "lead": "an answer (en)"},
    ]
    assert waiting(store) == []
    assert store.read(stats)["courses"]["c"]["escalations_open"] == 0


def test_who_blocked_the_bot_or_was_forgotten_gets_nothing(store: Store, known: list[Entry]) -> None:
    a, b = ask(store, "how fast"), ask(store, "what speed", BOB)
    number = cluster(store, a, b)
    write(store, "insert into chats (person, chat_id, blocked_at) values (?, 1, '')", ANN)
    store.write(remove, BOB)
    done = store.write(settling.answer, number, "2e-5", actor=TEACHER, ref=None, lead=lead)
    assert done.told == 0
    assert store.read(lambda db: list(db.query("select 1 from notices"))) == []


def test_the_second_teacher_is_told(store: Store, known: list[Entry]) -> None:
    number = cluster(store, ask(store, "how fast"))
    store.write(settling.answer, number, "2e-5", actor=TEACHER, ref="a", lead=lead)
    with pytest.raises(settling.Settled):
        store.write(settling.answer, number, "1e-5", actor=OTHER, ref="b", lead=lead)
    with pytest.raises(settling.Settled):
        store.write(settling.same_as, number, known[0].key, actor=OTHER, ref="c", lead=lead)
    with pytest.raises(settling.Settled):
        store.write(settling.not_here, number, actor=OTHER, ref="d")
    assert len(store.read(entries)) == len(known) + 1


def test_only_what_still_waits_of_a_cluster_is_answered(store: Store, known: list[Entry]) -> None:
    a, b = ask(store, "how fast"), ask(store, "what speed", BOB)
    both, one = cluster(store, a, b), cluster(store, b)
    store.write(settling.same_as, one, known[0].key, actor=OTHER, ref="a", lead=lead)
    assert found(store, both).wordings == ("how fast",)
    assert store.write(settling.answer, both, "2e-5", actor=TEACHER, ref="b", lead=lead).told == 1


def test_the_same_as_an_entry_makes_every_wording_known(store: Store, known: list[Entry]) -> None:
    number = cluster(store, ask(store, "how fast"), ask(store, "what speed", BOB))
    done = store.write(settling.same_as, number, known[0].key, actor=TEACHER, ref="r", lead=lead)
    assert (done.entry and done.entry.id, done.told) == ("lr", 2)
    assert store.write(settling.same_as, number, known[0].key, actor=TEACHER, ref="r", lead=lead) == done
    (entry,) = [e for e in store.read(entries) if e.id == "lr"]
    assert entry.confirmed == ("how fast", "what speed")


@pytest.mark.parametrize("key", [99, 2])
def test_an_entry_that_is_gone_cannot_be_the_same(store: Store, known: list[Entry], key: int) -> None:
    number = cluster(store, ask(store, "how fast"))
    write(store, "update entries set retired_at = '' where key = 2")
    with pytest.raises(Refused, match="is not one of course c"):
        store.write(settling.same_as, number, key, actor=TEACHER, ref=None, lead=lead)
    assert waiting(store) == ["how fast"]


def test_what_is_not_for_the_course_is_known_to_have_no_answer(store: Store, known: list[Entry]) -> None:
    a, b = ask(store, "who won the match"), ask(store, "will it rain", BOB, in_course=None)
    number = cluster(store, a, b)
    for _ in range(2):
        done = store.write(settling.not_here, number, actor=TEACHER, ref="r")
    assert (done.entry, done.told) == (None, 0)
    assert waiting(store) == []
    ask(store, "Who won the match", BOB)
    assert waiting(store) == []
    assert store.read(stats)["courses"]["c"]["labelled"]["unanswerable"] == 2


def test_an_answer_taken_back_takes_entry_and_wordings_with_it(store: Store, known: list[Entry]) -> None:
    number = cluster(store, ask(store, "how fast", escalate=True), ask(store, "what speed", BOB))
    done = store.write(settling.answer, number, "2e-5", actor=TEACHER, ref="r", lead=lead)
    assert [c.id for c in store.read(settling.changes, {"c"}, 5)] == [done.change]
    assert store.write(settling.undo, done.change, actor=OTHER, courses={"c"}, ref="u") == 3
    assert [e.key for e in store.read(entries)] == [e.key for e in known]
    assert store.read(protected) == []
    assert sorted(waiting(store)) == ["how fast", "what speed"]
    assert store.read(stats)["courses"]["c"]["escalations_open"] == 1
    assert store.read(notices.waiting, person=ANN) == []
    assert store.write(settling.answer, number, "1e-5", actor=OTHER, ref="s", lead=lead).told == 2


@pytest.mark.parametrize("what", ["same", "outside"])
def test_wordings_taken_back_wait_again(store: Store, known: list[Entry], what: str) -> None:
    number = cluster(store, ask(store, "how fast"), ask(store, "what speed", BOB, in_course=None))
    if what == "same":
        done = store.write(settling.same_as, number, known[0].key, actor=TEACHER, ref="r", lead=lead)
    else:
        done = store.write(settling.not_here, number, actor=TEACHER, ref="r")
    with pytest.raises(Refused):
        store.write(settling.undo, done.change, actor=OTHER, courses={"d"}, ref="x")
    assert store.write(settling.undo, done.change, actor=OTHER, courses=None, ref="u") > 0
    assert sorted(waiting(store)) == ["how fast", "what speed"]
    assert store.read(entries)[0].confirmed == ()
    assert store.read(stats)["courses"]["c"]["labelled"] == {"answerable": 0, "unanswerable": 0}
    assert store.read(settling.changes, None, 5) == []
    with pytest.raises(Refused):
        store.write(settling.undo, done.change, actor=OTHER, courses=None, ref="v")


def test_an_answer_undone_at_the_command_line_waits_again(store: Store, known: list[Entry]) -> None:
    from data import versions

    number = cluster(store, ask(store, "how fast"))
    done = store.write(settling.answer, number, "2e-5", actor=TEACHER, ref="r", lead=lead)
    store.write(versions.undo, done.change)
    assert waiting(store) == ["how fast"]


def test_an_answer_to_the_words_of_an_entry_gets_an_id_of_its_own(store: Store, known: list[Entry]) -> None:
    ids = set()
    for ref in "abc":
        number = cluster(store, ask(store, "how fast", escalate=True))
        done = store.write(settling.answer, number, f"answer {ref}", actor=TEACHER, ref=ref, lead=lead)
        assert done.entry is not None
        ids.add(done.entry.id)
    assert len(ids) == 3


@pytest.mark.parametrize("text", ["", "  ", "x" * 32_768])
def test_an_answer_that_cannot_be_one_is_refused(store: Store, known: list[Entry], text: str) -> None:
    number = cluster(store, ask(store, "how fast"))
    with pytest.raises(Refused, match="between 1 and"):
        store.write(settling.answer, number, text, actor=TEACHER, ref=None, lead=lead)
    assert waiting(store) == ["how fast"]


def test_a_teacher_who_is_forgotten_leaves_what_they_did_and_nothing_of_themselves(
    store: Store, known: list[Entry]
) -> None:
    a, b = ask(store, "how fast"), ask(store, "what speed", BOB)
    store.write(queue.postpone, [b], TEACHER)
    store.write(settling.answer, cluster(store, a), "2e-5", actor=TEACHER, ref="r", lead=lead)
    assert store.read(about, TEACHER)["put_off"] == [{"question": b, "until": _until(store)}]
    store.write(remove, TEACHER)
    assert store.read(lambda db: list(db.query("select * from postponed"))) == []
    assert len(store.read(entries)) == len(known) + 1


def _until(store: Store) -> str:
    return str(store.read(lambda db: next(iter(db.query("select until from postponed"))))["until"])


def test_a_waiting_question_is_read_whole(store: Store, known: list[Entry]) -> None:
    number = ask(store, "how fast", confidence=0.25, escalate=True)
    (one,) = store.read(queue.waiting)
    assert one == Waiting(number, "how fast", "how fast", "c", ANN, one.asked_at, 0.25, True)
