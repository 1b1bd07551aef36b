"""What is learned from: teachers' wordings whole, students' clicks in part, and nothing that no longer stands."""

from dataclasses import replace

import pytest
import tiny
from sqlite_utils import Database

from data import log, people
from data.entries import retire
from data.records import Answer, Candidate, Entry, Feedback, Question
from data.store import Store
from training.examples import Doubt, Example, Material, as_questions, gather
from training.splits import without
from training.trust import DAILY_VOTES, TRUST

ONE = Entry("c", "one", "First?", "1", alternates=("eins", "uno"))
TWO = Entry("c", "two", "Second?", "2")
ELSEWHERE = Entry("d", "one", "Premier?", "I")


def material(store: Store) -> Material:
    return store.read(gather)


def weights(store: Store) -> dict[tuple[str, str], tuple[set[str], float]]:
    found = material(store)
    ids = {entry.key: entry.id for entry in found.entries}
    return {(e.course, e.text): ({ids[key] for key in e.answers}, e.weight) for e in found.examples}


def meet(store: Store, *persons: str) -> None:
    for person in persons:
        store.write(people.meet, person)


def test_alternates_and_confirmed_wordings_count_whole(store: Store) -> None:
    tiny.fill(store, [ONE, TWO])
    tiny.confirmed(store, "the second one", "c", "two")
    assert weights(store) == {
        ("c", "eins"): ({"one"}, 1.0),
        ("c", "uno"): ({"one"}, 1.0),
        ("c", "the second one"): ({"two"}, 1.0),
    }


def none_of_these(store: Store, text: str, shown: list[Entry], person: str | None, course: str | None = "c") -> None:
    def work(db: Database) -> None:
        answer = Answer("suggest", 0.5, tuple(Candidate(entry, 0.5, 0.5) for entry in shown))
        number = log.record_question(db, Question(text, course, person=person), answer)
        log.vote(db, Feedback(number, None, "none", person=person))

    store.write(work)


def test_reactions_count_by_their_trust_and_a_thumbs_down_is_no_example(store: Store) -> None:
    _, two = tiny.fill(store, [ONE, TWO])
    for vote in ("up", "chosen", "down"):
        tiny.react(store, f"text {vote}", two, vote)
    found = weights(store)
    assert found["c", "text up"] == ({"two"}, TRUST["up"])
    assert found["c", "text chosen"] == ({"two"}, TRUST["chosen"])
    assert ("c", "text down") not in found


def test_a_wording_in_several_writings_is_one_example_with_all_its_answers(store: Store) -> None:
    one, two = tiny.fill(store, [ONE, TWO])
    tiny.react(store, "  EINS ", two, "up")
    (example,) = [e for e in material(store).examples if e.text == "eins"]
    assert example == Example("eins", "c", frozenset({one.key, two.key}), 1.0)


def test_what_several_students_say_adds_up_and_what_one_repeats_does_not(store: Store) -> None:
    _, two = tiny.fill(store, [ONE, TWO])
    meet(store, "ann", "bob")
    for person in ("ann", "bob", "ann"):
        tiny.react(store, "same", two, "up", person)
    assert weights(store)["c", "same"] == ({"two"}, pytest.approx(1 - (1 - TRUST["up"]) ** 2))
    tiny.react(store, "Same", two, "chosen", "ann")
    expected = 1 - (1 - TRUST["up"]) * (1 - TRUST["chosen"])
    assert weights(store)["c", "same"] == ({"two"}, pytest.approx(expected))


def test_a_burst_of_one_student_is_bounded_and_leaves_others_and_teachers_alone(store: Store) -> None:
    _, two = tiny.fill(store, [ONE, TWO])
    meet(store, "ann", "bob")
    for i in range(3 * DAILY_VOTES):
        tiny.react(store, f"burst {i}", two, "chosen", "ann")
        tiny.confirmed(store, f"taught {i}", "c", "two")
    tiny.react(store, "calm", two, "chosen", "bob")
    found = {text: weight for (_, text), (_, weight) in weights(store).items()}
    burst = [weight for text, weight in found.items() if text.startswith("burst")]
    assert sum(burst) == pytest.approx(DAILY_VOTES * TRUST["chosen"])
    assert found["calm"] == TRUST["chosen"]
    assert {weight for text, weight in found.items() if text.startswith("taught")} == {1.0}


def test_a_thumbs_down_is_a_doubt_where_no_right_answer_is_known(store: Store) -> None:
    one, two = tiny.fill(store, [ONE, TWO])
    meet(store, "ann", "bob")
    for person, entry in (("ann", one), ("bob", one), ("bob", two)):
        tiny.react(store, "I'm Anna Schmidt, huh?", entry, "down", person)
    (doubt,) = material(store).doubts
    assert doubt == Doubt("I'm <name>, huh?", "c", frozenset({one.key, two.key}), pytest.approx(1 - 0.7 * 0.7))


def test_where_a_right_answer_is_known_a_thumbs_down_says_nothing_more(store: Store) -> None:
    one, two = tiny.fill(store, [ONE, TWO])
    for text in ("EINS", "Second?", "liked", "confirmed", "nothing answers this"):
        tiny.react(store, text, one, "down")
    tiny.react(store, "liked", two, "up")
    tiny.confirmed(store, "confirmed", "c", "two")
    tiny.confirmed(store, "nothing answers this", "c")
    found = material(store)
    assert found.doubts == ()
    assert {e.text: e.answers for e in found.examples if e.text != "uno"} == {
        "eins": frozenset({one.key}),
        "liked": frozenset({two.key}),
        "confirmed": frozenset({two.key}),
    }


def test_none_of_these_doubts_each_entry_that_was_seen_and_a_teachers_does_not(store: Store) -> None:
    one, two, there = tiny.fill(store, [ONE, TWO, ELSEWHERE])
    none_of_these(store, "neither", [one, two], None)
    none_of_these(store, "anywhere", [one, there], None, course=None)
    tiny.confirmed(store, "off topic", "c")
    weight = -TRUST["none"]
    assert set(material(store).doubts) == {
        Doubt("neither", "c", frozenset({one.key, two.key}), weight),
        Doubt("anywhere", "c", frozenset({one.key}), weight),
        Doubt("anywhere", "d", frozenset({there.key}), weight),
    }


def test_a_teachers_none_in_no_course_in_particular_is_no_unanswerable_question(store: Store) -> None:
    tiny.fill(store, [ONE])
    tiny.confirmed(store, "off topic", "c")
    number = store.write(log.record_question, Question("anywhere"), Answer("abstain", 0.0))
    store.write(log.vote, Feedback(number, None, "none", role="teacher"))
    assert [q.text for q in material(store).unanswerable] == ["off topic"]


def test_an_entry_that_more_is_said_against_than_for_is_doubted_and_not_learned(store: Store) -> None:
    one, _ = tiny.fill(store, [ONE, TWO])
    meet(store, "ann", "bob", "cem")
    tiny.react(store, "disputed", one, "up", "ann")
    tiny.react(store, "disputed", one, "down", "bob")
    assert [d.text for d in material(store).doubts] == ["disputed"]
    assert ("c", "disputed") not in weights(store)
    tiny.react(store, "disputed", one, "up", "cem")
    assert ("c", "disputed") in weights(store)
    for person in ("ann", "bob", "cem"):
        tiny.react(store, "eins", one, "down", person)
    assert weights(store)["c", "eins"] == ({"one"}, 1.0)


def test_a_student_who_changed_their_mind_said_only_the_last(store: Store) -> None:
    one, _ = tiny.fill(store, [ONE, TWO])
    meet(store, "ann")
    for vote in ("chosen", "down"):
        tiny.react(store, "why", one, vote, "ann")
    assert [d.weight for d in material(store).doubts] == [-TRUST["down"]]
    tiny.react(store, "why", one, "up", "ann")
    assert weights(store)["c", "why"] == ({"one"}, TRUST["up"])


def test_a_students_click_does_not_answer_what_a_teacher_said_nothing_answers(store: Store) -> None:
    one, _ = tiny.fill(store, [ONE, TWO])
    tiny.confirmed(store, "canteen", "c")
    tiny.react(store, "Canteen", one, "chosen")
    found = material(store)
    assert [q.text for q in found.unanswerable] == ["canteen"]
    assert {e.text for e in found.examples} == {"eins", "uno"}


def test_the_same_wording_in_two_courses_is_two_examples(store: Store) -> None:
    tiny.fill(store, [ONE, ELSEWHERE])
    tiny.confirmed(store, "eins", "d", "one")
    assert {("c", "eins"), ("d", "eins")} <= weights(store).keys()


def test_what_students_wrote_is_scrubbed_and_what_teachers_wrote_is_not(store: Store) -> None:
    alternate = "What did Prof. Miller say about 1?"
    _, two = tiny.fill(store, [replace(ONE, alternates=(alternate,)), TWO])
    tiny.react(store, "I'm Anna Schmidt, how do I hand in?", two, "up")
    tiny.confirmed(store, "我叫王小明，作业什么时候交", "c", "two")
    tiny.confirmed(store, "who is s1234567", "c")
    found = material(store)
    assert {e.text for e in found.examples} == {
        alternate,
        "I'm <name>, how do I hand in?",
        "我叫<name>，作业什么时候交",
    }
    assert [q.text for q in found.unanswerable] == ["who is <number>"]
    assert not any("Schmidt" in repr(e) or "王小明" in repr(e) for e in (*found.examples, *found.entries))


def test_wordings_that_differ_in_the_person_alone_are_one_example(store: Store) -> None:
    one, two = tiny.fill(store, [ONE, TWO])
    tiny.react(store, "I'm Tom, is it right?", one, "up")
    tiny.react(store, "I'm Anna, is it right?", two, "chosen")
    (example,) = [e for e in material(store).examples if "right" in e.text]
    assert example == Example("I'm <name>, is it right?", "c", frozenset({one.key, two.key}), TRUST["chosen"])


def test_a_wording_of_placeholders_alone_is_dropped(store: Store) -> None:
    _, two = tiny.fill(store, [ONE, TWO])
    for text in ("anna@example.com", "?!"):
        tiny.react(store, text, two, "up")
        tiny.confirmed(store, text, "c", "two")
    tiny.confirmed(store, "+49 351 463 12345", "c")
    found = material(store)
    assert {e.text for e in found.examples} == {"eins", "uno"}
    assert found.unanswerable == ()
    assert all(entry.confirmed == () for entry in found.entries)


def test_a_scrubbed_wording_that_is_held_out_leaves_the_index(store: Store) -> None:
    tiny.fill(store, [ONE, TWO])
    tiny.confirmed(store, "I'm Anna Schmidt, what is second?", "c", "two")
    found = material(store)
    assert any(entry.confirmed for entry in found.entries)
    assert not any(entry.confirmed for entry in without(found.entries, found.examples))


def test_retired_and_expired_entries_are_not_learned_from(store: Store) -> None:
    one, two = tiny.fill(store, [ONE, TWO])
    tiny.react(store, "liked", two, "up")

    def end(db: Database) -> None:
        retire(db, [one.key])
        db.execute("update entries set expires_on = '2001-01-01' where key = ?", [two.key])

    tiny.react(store, "disliked", one, "down")
    store.write(end)
    assert material(store) == Material((), (), (), ())


def test_what_nothing_answers_is_kept_apart(store: Store) -> None:
    tiny.fill(store, [ONE, TWO])
    for text in ("Where is the canteen?", "where is the  canteen?", "why"):
        tiny.confirmed(store, text, "c")
    assert [q.text.lower() for q in material(store).unanswerable] == ["where is the canteen?", "why"]
    assert all(q.expected_ids == () for q in material(store).unanswerable)
    assert all("canteen" not in e.text for e in material(store).examples)


def test_what_a_teacher_answered_since_is_no_longer_unanswerable(store: Store) -> None:
    tiny.fill(store, [TWO])
    tiny.confirmed(store, "Eins", "c")
    tiny.fill(store, [ONE])
    assert material(store).unanswerable == ()


def test_examples_come_back_as_questions_with_their_ids(store: Store) -> None:
    tiny.fill(store, [ONE, TWO])
    tiny.confirmed(store, "both", "c", "two", "one")
    found = material(store)
    (question,) = [q for q in as_questions(found.examples, found.entries) if q.text == "both"]
    assert (question.course, question.expected_ids) == ("c", ("one", "two"))


def test_the_fingerprint_tells_data_apart_and_not_their_order(store: Store) -> None:
    tiny.fill(store, [ONE, TWO])
    before = material(store)
    turned = Material(before.entries[::-1], before.examples[::-1], ())
    assert turned.fingerprint == before.fingerprint
    tiny.confirmed(store, "new", "c", "one")
    after = material(store)
    assert after.fingerprint != before.fingerprint
    tiny.react(store, "huh", after.entries[0], "down")
    assert material(store).fingerprint != after.fingerprint
    assert len(before.fingerprint) == 64
