"""What became of each version, and which one served before."""

import pytest
from sqlite_utils import Database

from data.store import Store
from training.history import Event, events, note, served_before

PUBLISHED, DECLINED, BACK = "published", "declined", "rolled back"


def noted(store: Store, *happened: tuple[Event, str]) -> None:
    def work(db: Database) -> None:
        for event, version in happened:
            note(db, event, version)

    store.write(work)


def test_events_come_back_oldest_first_with_reason_and_metrics(store: Store) -> None:
    store.write(note, "fitted", "0001", metrics={"after": {"n": 3}})
    store.write(note, "published", "0001", reason="better")
    first, second = store.read(events)
    assert (first["event"], first["version"], first["metrics"]) == ("fitted", "0001", {"after": {"n": 3}})
    assert (second["event"], second["reason"], second["metrics"]) == ("published", "better", {})
    assert first["at"] <= second["at"]


@pytest.mark.parametrize(
    ("happened", "serving", "before"),
    [
        ([], "0001", "base"),
        ([(PUBLISHED, "0001")], "0001", "base"),
        ([(PUBLISHED, "0001"), (DECLINED, "0002"), (PUBLISHED, "0003")], "0003", "0001"),
        ([(PUBLISHED, "0001"), (PUBLISHED, "0002"), (BACK, "0002")], "0001", "base"),
        ([(PUBLISHED, "0001"), (PUBLISHED, "0002"), (PUBLISHED, "0001")], "0001", "0002"),
        ([(PUBLISHED, "0001"), (PUBLISHED, "base")], "base", "0001"),
        ([(PUBLISHED, "0001"), (PUBLISHED, "0001")], "0001", "base"),
        ([(PUBLISHED, "0001"), (BACK, "0001"), (BACK, "0001"), (PUBLISHED, "0002")], "0002", "base"),
    ],
)
def test_a_rollback_goes_back_along_the_publications(
    store: Store, happened: list[tuple[Event, str]], serving: str, before: str
) -> None:
    noted(store, *happened)
    assert store.read(served_before, serving) == before
