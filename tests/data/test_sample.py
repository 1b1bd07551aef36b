"""The sample course loads, is sound, and its questions fit its entries."""

from data import sample, upkeep
from data.entries import courses, entries
from data.labelled import confirm, read_labelled
from data.store import Store


def test_loading_the_sample_twice_changes_nothing(store: Store) -> None:
    first = store.write(sample.load)
    before = store.read(entries), store.read(courses)
    assert store.write(sample.load) == first
    assert (store.read(entries), store.read(courses)) == before
    assert {course.id: course.entries for course in store.read(courses)} == first
    assert {course.id: course.title for course in store.read(courses)} == sample.TITLES


def test_the_sample_is_sound(store: Store) -> None:
    store.write(sample.load)
    assert store.read(upkeep.check) == upkeep.Report((), ())


def test_the_questions_of_the_sample_name_entries_that_there_are(store: Store) -> None:
    store.write(sample.load)
    learn = store.read(read_labelled, sample.path("questions-learn.csv"))
    test = store.read(read_labelled, sample.path("questions-test.csv"))
    assert any(question.expected_ids == () for question in learn)
    assert not {(q.course, q.text) for q in learn} & {(q.course, q.text) for q in test}
    assert store.write(confirm, learn) == len(learn)
