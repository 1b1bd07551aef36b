"""Practice in chat: /quiz asks, judges what is answered and leaves the last word to the student; /progress, /remind."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from sqlite_utils import Database

from bot.judging import judge
from bot.replies import Action, Choice, File, Reply, Verb
from bot.service import Tutor
from bot.skills import Command, Said, Skill, wait_for
from bot.texts import Texts, texts_for
from data import notices, people, practice, reminders
from data.entries import entry_of
from data.errors import StoreError, TutorError
from data.practice import VERDICTS, Review, Verdict
from data.progress import AHEAD, Progress, progress
from data.records import Entry

REMIND_EVERY_S = 20.0
WEAK = 3  # topics that a text names
OFF = {"off", "aus", "关", "关闭", "取消"}
_OVERRULING: dict[Verdict, Verb] = {"right": "p_right", "partly": "p_partly", "not yet": "p_not_yet"}

logger = logging.getLogger(__name__)


class Practice:
    """/quiz and what belongs to it; the course is the one the person chose, or all."""

    def __init__(self, tutor: Tutor) -> None:
        self._tutor = tutor
        commands = {"quiz": self.ask, "skip": self.skip, "progress": self.progress, "remind": self.remind}
        verbs: dict[Verb, Command] = {
            **{"p_next": Command(self.ask), "p_skip": Command(self.skip, once=True)},
            **{"p_stop": Command(self.stop, once=True)},
            **{verb: Command(partial(self.overrule, verdict)) for verdict, verb in _OVERRULING.items()},
            **{"p_out": Command(partial(self.allow, False), "teacher")},
            **{"p_in": Command(partial(self.allow, True), "teacher", once=True)},
        }
        self.skill = Skill(
            "practice", {name: Command(run) for name, run in commands.items()}, verbs, hears=Command(self.hear)
        )

    async def ask(self, said: Said) -> Sequence[Reply]:
        """Ask the next question."""
        return [await self._next(said)]

    async def skip(self, said: Said) -> Sequence[Reply]:
        """Put the question that waits off to tomorrow, and ask the next."""
        if said.state is None:
            return [Reply(said.texts.practice.none_waiting, rows=(_next_row(said.texts),))]
        if said.action is not None and said.action.entry != said.state["entry"]:
            return []  # the button of an earlier question, or pressed twice
        await self._tutor.write(practice.put_off, said.person, said.state["entry"])
        return [await self._next(said)]

    async def stop(self, said: Said) -> Sequence[Reply]:
        """Wait for no answer any more."""
        if said.state is not None:
            await wait_for(self._tutor, said, "practice", None)
        return [Reply(said.texts.practice.stopped)]

    async def hear(self, said: Said) -> Sequence[Reply]:
        """Judge an answer and show the approved one."""
        assert said.state is not None  # by the dialogue
        entry = await self._tutor.read(practice.askable, said.state["entry"])
        if entry is None:
            return [Reply(said.texts.practice.not_asked), await self._next(said)]
        found = await judge(self._tutor, entry, said.text)
        review = await self._tutor.write(
            practice.review, said.person, entry.key, said.text, found.verdict, found.score, said.ref
        )
        await wait_for(self._tutor, said, "practice", None)
        return [_judgement(review, entry, said)]

    async def overrule(self, verdict: Verdict, said: Said) -> Sequence[Reply]:
        """Let the student say how the answer was."""
        assert said.action is not None  # by the button
        try:
            review = await self._tutor.write(practice.overrule, said.person, said.action.question, verdict)
        except StoreError:
            raise
        except TutorError as error:
            logger.info("a verdict was not overruled: %s", error)
            return [Reply(said.texts.practice.gone, rows=(_next_row(said.texts),))]
        told = said.texts.practice.noted.format(
            verdict=_name(verdict, said.texts), when=_when(review.due_at, said.texts)
        )
        return [Reply(told, rows=(_next_row(said.texts),))]

    async def allow(self, allowed: bool, said: Said) -> Sequence[Reply]:
        """Let a teacher take a question out of every quiz, or put it back."""
        assert said.action is not None  # by the button
        entry = await self._tutor.read(entry_of, said.action.entry)
        if entry is None or not said.may_teach(entry.course):
            return [Reply(said.texts.gone if entry is None else said.texts.not_allowed)]
        await self._tutor.write(practice.allow, entry.key, allowed)
        texts = said.texts.practice
        if allowed:
            return [Reply(texts.back.format(question=entry.question))]
        rows = ((Choice(texts.put_back, Action("p_in", 0, entry.key)),), _next_row(said.texts))
        return [Reply(texts.taken_out.format(question=entry.question), rows=rows)]

    async def progress(self, said: Said) -> Sequence[Reply]:
        """Show how the person's practice stands."""
        course, lang = await self._where(said)
        found = await self._tutor.read(progress, said.person, course, lang)
        if not found.topics:
            return [Reply(said.texts.practice.progress_none, rows=(_next_row(said.texts),))]
        from bot.progress_picture import picture  # which takes a second, and most processes draw nothing

        drawn = await asyncio.to_thread(picture, found, said.texts)
        return [Reply(_summary(found, said.texts), rows=(_next_row(said.texts),), file=File("progress.png", drawn))]

    async def remind(self, said: Said) -> Sequence[Reply]:
        """Set, end or show the daily reminder."""
        texts, known = said.texts.practice, await self._tutor.read(reminders.reminder_of, said.person)
        if said.text.lower() in OFF:
            await self._tutor.write(reminders.set_reminder, said.person, None)
            return [Reply(texts.remind_off)]
        wanted = reminders.read_hour(said.text, known.utc_offset_min if known else 0) if said.text else known
        if wanted is None:
            return [Reply(texts.remind_usage)]
        if said.text:
            await self._tutor.write(reminders.set_reminder, said.person, wanted)
        clock = f"{wanted.local(datetime.now(UTC)):%H:%M}"
        return [Reply(texts.remind_set.format(at=wanted.at, zone=wanted.zone, clock=clock))]

    async def _where(self, said: Said) -> tuple[str | None, str]:
        course = await self._tutor.course_of(said.person)
        return course.id if course else None, await self._tutor.read(people.language, said.person)

    async def _next(self, said: Said) -> Reply:
        course, lang = await self._where(said)
        texts = said.texts.practice
        entry = await self._tutor.read(practice.draw, said.person, course, lang)
        if entry is not None:
            await wait_for(self._tutor, said, "practice", {"entry": entry.key})
            rows = ((Choice(texts.skip, Action("p_skip", 0, entry.key)), Choice(texts.stop, Action("p_stop"))),)
            return Reply(f"{texts.ask}\n\n{entry.question}", rows=rows)
        if said.state is not None:
            await wait_for(self._tutor, said, "practice", None)
        due_at = await self._tutor.read(practice.next_due, said.person, course)
        return Reply(texts.all_answered.format(when=_when(due_at, said.texts)) if due_at else texts.nothing)


async def reminding(tutor: Tutor) -> None:
    """Remind people for as long as the bot runs, each once a day."""
    while True:
        try:
            await tutor.write(remind, datetime.now(UTC))
        except StoreError as error:
            logger.error("reminders are tried again later: %s", error)
        await asyncio.sleep(REMIND_EVERY_S)


def remind(db: Database, at: datetime) -> None:
    """Write a notice to everybody whose hour it is and who has something due."""
    for due in reminders.take_due(db, at):
        texts = texts_for(due.lang).practice
        if due.cards:
            begin = [[(texts.begin, Action("p_next").encode())]]
            lead = texts.remind_lead.format(n=due.cards)
            notices.put(db, due.person, lead, key=f"practice:{due.person}:{due.day}", choices=begin)


def _judgement(review: Review, entry: Entry, said: Said) -> Reply:
    texts = said.texts.practice
    labels = dict(zip(VERDICTS, (texts.was_right, texts.was_partly, texts.was_not_yet), strict=True))
    own = tuple(
        Choice(labels[verdict], Action(verb, review.id, entry.key))
        for verdict, verb in _OVERRULING.items()
        if verdict != review.verdict
    )
    out = ((Choice(texts.take_out, Action("p_out", 0, entry.key)),),) if said.may_teach(entry.course) else ()
    return Reply(_name(review.verdict, said.texts), entry, texts.estimate, (own, _next_row(said.texts), *out))


def _name(verdict: Verdict, texts: Texts) -> str:
    words = texts.practice
    return dict(zip(VERDICTS, (words.right, words.partly, words.not_yet), strict=True))[verdict]


def _next_row(texts: Texts) -> tuple[Choice, ...]:
    return (Choice(texts.practice.next, Action("p_next")),)


def _when(due_at: str, texts: Texts) -> str:
    minutes = max(1, round((datetime.fromisoformat(due_at) - datetime.now(UTC)).total_seconds() / 60))
    if minutes < 60:
        return texts.practice.in_minutes.format(n=minutes)
    if minutes < 48 * 60:
        return texts.practice.in_hours.format(n=round(minutes / 60))
    return texts.practice.in_days.format(n=round(minutes / 60 / 24))


def _summary(found: Progress, texts: Texts) -> str:
    words = texts.practice
    said = [words.progress_lead.format(answered=found.answered, questions=found.questions, right=found.right)]
    weak = [topic for topic in found.topics if topic.right < topic.answered][:WEAK]
    if weak:
        names = [f"{i}. {topic.name or words.other}" for i, topic in enumerate(weak, 1)]
        said.append(words.progress_weak.format(topics=", ".join(names)))
    said.append(words.progress_due.format(now=found.due[0], days=AHEAD, soon=sum(found.due[1:])))
    return "\n".join(said)
