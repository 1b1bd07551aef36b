"""What is learned from: teachers' wordings whole, students' clicks in part, and nothing that no longer stands."""

from dataclasses import replace

import tiny
from sqlite_utils import Database

from data import people
from data.entries import retire
from data.records import Entry
from data.store import Store
from training.examples import TRUST, Example, Material, as_questions, gather
from training.splits import without

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


def test_reactions_count_by_their_trust_and_a_thumbs_down_not_at_all(store: Store) -> None:
    _, two = tiny.fill(store, [ONE, TWO])
    for vote in ("up", "chosen", "down"):
        tiny.react(store, f"text {vote}", two, vote)
    found = weights(store)
    assert found["c", "text up"] == ({"two"}, TRUST["up"])
    assert found["c", "text chosen"] == ({"two"}, TRUST["chosen"])
    assert ("c", "text down") not in found
    assert TRUST["correction"] > TRUST["chosen"] > TRUST["up"] > 0


def test_a_wording_in_several_writings_is_one_example_with_all_its_answers(store: Store) -> None:
    one, two = tiny.fill(store, [ONE, TWO])
    tiny.react(store, "  EINS ", two, "up")
    (example,) = [e for e in material(store).examples if e.text == "eins"]
    assert example == Example("eins", "c", frozenset({one.key, two.key}), 1.0)


def test_the_highest_trust_in_an_answer_counts(store: Store) -> None:
    _, two = tiny.fill(store, [ONE, TWO])
    meet(store, "ann", "bob")
    tiny.react(store, "same", two, "chosen", "ann")
    tiny.react(store, "same", two, "up", "bob")
    assert weights(store)["c", "same"] == ({"two"}, TRUST["chosen"])


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

    store.write(end)
    assert material(store) == Material((), (), ())


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
    assert material(store).fingerprint != before.fingerprint
    assert len(before.fingerprint) == 64
