"""The service and the store against a simple model of them: whatever happens in whatever order, they agree."""

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from small_course import BATCH, ENTRIES, FOREIGN, SURE, UNSURE, fill, rows

from bot.engine import Engine
from bot.service import Tutor
from data.errors import TutorError
from data.people import Pseudonyms
from data.records import Question
from data.store import Store

T = TypeVar("T")
PEOPLE = ("ada", "bob", "cem")
VOTES = ("up", "down", "chosen", "none")


@dataclass
class Known:
    """A question as the model remembers it: by whom, and what they were shown."""

    person: str
    shown: tuple[int, ...]
    votes: dict[int | None, str] = field(default_factory=dict)
    escalated: bool = False


class Machine(RuleBasedStateMachine):
    """Asks, votes, hands over, repeats events and restarts; the store is compared after each step."""

    engine: ClassVar[Engine]
    questions: Bundle[int] = Bundle("questions")

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path(tempfile.mkdtemp())
        self._known: dict[int, Known] = {}
        self._events: dict[str, int] = {}
        self._open()

    def _open(self) -> None:
        self._store = Store(self._folder / "tutor.db")
        self._tutor = Tutor(self._store, self.engine, Pseudonyms.open(self._folder / "key"))

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run(work)

    def teardown(self) -> None:
        self._store.close()
        shutil.rmtree(self._folder)

    @initialize()
    def begin(self) -> None:
        self._store.write(fill)
        for person in PEOPLE:
            self._run(self._tutor.meet(person))

    @rule(target=questions, person=st.sampled_from(PEOPLE), text=st.sampled_from((SURE, UNSURE, BATCH, FOREIGN)))
    def ask(self, person: str, text: str) -> int:
        event = f"event:{len(self._events)}"
        asked = self._run(self._tutor.ask(Question(text, person=person, ref=event)))
        assert asked.question not in self._known
        self._known[asked.question] = Known(person, tuple(c.entry.key for c in asked.answer.candidates))
        self._events[event] = asked.question
        return asked.question

    @precondition(lambda self: self._events)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        """The same event again changes nothing, whatever it says now."""
        event = data.draw(st.sampled_from(sorted(self._events)))
        number = self._events[event]
        asked = self._run(self._tutor.ask(Question("something else", person=self._known[number].person, ref=event)))
        assert asked.question == number
        assert tuple(c.entry.key for c in asked.answer.candidates) == self._known[number].shown

    @rule(
        number=questions,
        person=st.sampled_from(PEOPLE),
        entry=st.integers(0, len(ENTRIES) + 1),
        vote=st.sampled_from(VOTES),
    )
    def vote(self, number: int, person: str, entry: int, vote: Any) -> None:  # noqa: ANN401  # a Vote
        """The last vote of the one who asked counts, for what was shown; nobody else has one."""
        known, key = self._known[number], entry or None
        allowed = person == known.person and (key is None or key in known.shown)
        if not allowed:
            with pytest.raises(TutorError):
                self._run(self._tutor.react(person, number, key, vote))
            return
        self._run(self._tutor.react(person, number, key, vote))
        keeps = known.votes.get(key) == "chosen" and vote == "up"  # chosen says more
        known.votes[key] = "chosen" if keeps else vote

    @rule(number=questions, person=st.sampled_from(PEOPLE))
    def escalate(self, number: int, person: str) -> None:
        known = self._known[number]
        if person != known.person:
            with pytest.raises(TutorError):
                self._run(self._tutor.escalate(person, number))
            return
        assert self._run(self._tutor.escalate(person, number)) == (not known.escalated)
        known.escalated = True

    @rule()
    def restart(self) -> None:
        self._store.close()
        self._open()

    @invariant()
    def agree(self) -> None:
        asked = {row["id"]: row["person"] for row in rows(self._store, "select id, person from questions")}
        assert asked == {number: known.person for number, known in self._known.items()}
        assert len(rows(self._store, "select distinct ref from questions")) == len(self._events)
        voted = {(r["question"], r["entry"]): r["vote"] for r in rows(self._store, "select * from feedback")}
        assert voted == {(n, key): vote for n, known in self._known.items() for key, vote in known.votes.items()}
        assert len(rows(self._store, "select id from feedback")) == len(voted)
        handed = [row["question"] for row in rows(self._store, "select question from escalations order by question")]
        assert handed == sorted(number for number, known in self._known.items() if known.escalated)


@pytest.fixture
def machine(shared_engine: Engine) -> Iterator[type[Machine]]:
    Machine.engine = shared_engine
    yield Machine


def test_service_and_store_agree_with_the_model(machine: type[Machine]) -> None:
    short = settings(max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine, settings=short)  # type: ignore[no-untyped-call]
