"""The tutoring service: what both front ends do for a person. It knows nothing of Telegram."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlite_utils import Database

from bot import metrics
from bot.asking import Asked, check_question
from bot.engine import Engine
from bot.scorers import Scorers
from data import conversation, log, people, privacy, traces
from data.entries import Course, courses, find_course
from data.errors import TutorError
from data.forgetting import Forgotten, forget
from data.people import Pseudonyms
from data.records import Answer, Entry, Feedback, Question, Vote
from data.retention import retain_daily
from data.store import Store
from data.words import normalise
from qa_model import followup
from qa_model.answerer import Answerer
from qa_model.encoder import Progress
from qa_model.recommend import Recommender

P = ParamSpec("P")
T = TypeVar("T")


class Tutor:
    """Answers, takes reactions, hands over to teachers; everything it does is in the store before it returns."""

    def __init__(self, store: Store, engine: Engine, pseudonyms: Pseudonyms) -> None:
        self._store = store
        self._engine = engine
        self._pseudonyms = pseudonyms
        self.recommender = Recommender()  # to be lent the model
        self.scorers = Scorers(engine.models)
        self.labels = engine.labels  # of courses, to be lent the model

    def person(self, account: str) -> str:
        """Return the pseudonym of an account such as `telegram:12345`."""
        return self._pseudonyms.of(account)

    async def meet(self, person: str, *, lang: str = "", chat_id: int | None = None, reachable: bool = True) -> None:
        """Make a person known; see data.people.meet. Whoever is already costs no write."""
        if not self.find(people.is_met, person, lang=lang, chat_id=chat_id, reachable=reachable):
            await self.write(people.meet, person, lang=lang, chat_id=chat_id, reachable=reachable)

    async def courses(self) -> list[Course]:
        """Return the courses that have entries."""
        known = await self.read(courses)
        return [course for course in known if course.entries]

    async def course_of(self, person: str) -> Course | None:
        """Return the course that the person chose, None for all."""
        return await self.read(people.course_of, person)

    async def choose_course(self, person: str, course: str | None) -> Course | None:
        """Remember the person's course; None for all. Raises TutorError if there is no such course."""
        chosen = await self.read(find_course, course) if course else None
        await self.write(people.choose_course, person, course)
        return chosen

    async def ask(self, question: Question) -> Asked:
        """Answer a question and record it; the event `question.ref` is answered the same and recorded once.

        Raises QuestionError if it cannot be asked, StoreError if it cannot be recorded.
        """
        check_question(question.text)
        number = self.find(log.question_id, question.ref)
        if number is not None:
            return await self._recorded(number)
        question, answer = await self._understand(question)
        number = await self.write(log.record_question, question, answer)
        metrics.QUESTIONS.labels(answer.decision).inc()
        return Asked(number, answer, question.context)

    async def ask_again(self, question: Question) -> Asked | None:
        """Answer a question whose message was changed, in place of the old one; None if it says the same as before.

        Raises QuestionError and StoreError as `ask` does.
        """
        assert question.person is not None and question.message is not None  # who changes a message, and which
        old = self.find(conversation.of_message, question.person, question.chat, question.message)
        if old is None or self.find(log.question_id, question.ref) is not None:
            return await self.ask(question)
        if normalise(self.find(conversation.text_of, old)) == normalise(question.text):
            return None
        check_question(question.text)
        question, answer = await self._understand(question, before=old)
        number = await self.write(conversation.record_changed, old, question, answer)
        metrics.QUESTIONS.labels(answer.decision).inc()
        return Asked(number, answer, question.context)

    async def look_up(self, question: Question) -> Answer:
        """Answer a question that is not recorded. Raises QuestionError if it cannot be asked."""
        check_question(question.text)
        return await asyncio.wrap_future(self._engine.answer(self._in_course(question)))

    async def _understand(self, question: Question, before: int | None = None) -> tuple[Question, Answer]:
        """Answer a question, alone or with what it leans on, whichever is clearly surer: see qa_model.followup."""
        question = self._in_course(question)
        alone = await asyncio.wrap_future(self._engine.answer(question))
        if question.person and followup.may_lean(alone):
            said_before = self.find(conversation.context, question, before)
            if said_before:
                leaning = replace(question, context=said_before)
                joined = await asyncio.wrap_future(self._engine.answer(leaning))
                if followup.leans(alone, joined):
                    return leaning, joined
        return question, alone

    def _in_course(self, question: Question) -> Question:
        """Return the question in the course of its group, or else the one that the person chose."""
        if question.course is not None:
            return question
        if question.chat is not None:
            return replace(question, course=self.find(conversation.group_course, question.chat))
        return replace(question, course=self.find(people.chosen_course, question.person) if question.person else None)

    async def _recorded(self, number: int) -> Asked:
        answer = await self.read(log.recorded_answer, number)
        return Asked(number, answer, self.find(conversation.understood_with, number))

    async def asked(self, person: str, question: int) -> Asked | None:
        """Return a question of this person's as it was answered, None if it is not theirs or not there."""
        if self.find(log.asked_by, question) != person:
            return None
        return await self._recorded(question)

    async def react(
        self, person: str, question: int, entry: int | None, vote: Vote, *, chat: int | None = None
    ) -> Entry | None:
        """Record a person's one, changeable vote for an entry shown to them (None: none of them).

        What is shown in a group, `chat`, is shown to everybody there. Return the entry. Raises TutorError if the
        question or the entry was not shown to this person.
        """
        if chat is not None and self.find(conversation.asked_in, question) == chat:
            asked: Asked | None = await self._recorded(question)
        else:
            asked = await self.asked(person, question)
        candidates = asked.answer.candidates if asked else ()
        found = next((c.entry for c in candidates if c.entry.key == entry), None)
        if asked is None or (entry is not None and found is None):
            raise TutorError("this was not shown to this person, or is no longer there")
        position = self.find(log.shown_position, question, entry) if entry else None
        await self.write(log.vote, Feedback(question, entry, vote, position, person))
        metrics.VOTES.labels(vote).inc()
        return found

    async def escalate(self, person: str, question: int) -> bool:
        """Hand a person's question to a teacher; False if it already was. Raises TutorError if it is not theirs."""
        if await self.asked(person, question) is None:
            raise TutorError("this question was not asked by this person, or is no longer there")
        return await self.write(log.escalate, question)

    async def known(self, person: str) -> dict[str, Any]:
        """Return everything that is kept about a person; empty if that is nothing."""
        return await self.read(privacy.about, person)

    async def forget(self, person: str, *, handling: int | None = None, typed: bool = False) -> Forgotten:
        """Remove a person and all that came from them; with `typed` also what the terminal left.

        See data.forgetting.forget.
        """
        if typed:
            traces.forget_typed(self._store.path)
        return await asyncio.to_thread(forget, self._store, self._engine.models, person, handling=handling)

    async def retain(self) -> dict[str, int]:
        """Apply retention if that was not done today; return how much was removed, by kind."""
        return await asyncio.to_thread(retain_daily, self._store, self._engine.models)

    async def lend(self, work: Callable[Concatenate[Answerer, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a short piece of work that needs the model, between two questions."""
        return await asyncio.wrap_future(self._engine.lend(lambda answerer: work(answerer, *args, **kwargs)))

    def find(self, work: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Look something up by its key, on the loop: to have a thread do it costs more than the search."""
        return self._store.read(work, *args, **kwargs)

    async def read(self, work: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run what reads much of the store, off the loop."""
        return await asyncio.to_thread(self._store.read, work, *args, **kwargs)

    async def write(self, work: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run what changes the store, in one transaction that is on disk when this returns."""
        return await asyncio.wrap_future(self._store.submit(work, *args, **kwargs))


def open_tutor(store: Store, models: Path, key: Path, progress: Progress | None = None) -> tuple[Tutor, Engine]:
    """Start the engine on a store that has entries and return the service over it; close the engine when done.

    With `progress` it waits until every entry is embedded; without, entries are found by their words meanwhile.

    Raises TutorError if the store is empty or the key is another store's, ModelError if no model can be loaded.
    """
    if not any(course.entries for course in store.read(courses)):
        raise TutorError(f"{store.path}: has no entries: run `python -m data sample` or `python -m data import FILE`")
    pseudonyms = Pseudonyms.open(key)
    store.write(people.check_key, pseudonyms)
    engine = Engine(store, models)
    engine.start(progress)
    return Tutor(store, engine, pseudonyms), engine
