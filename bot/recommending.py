"""Recommendations in chat: /recommend, the button under an answer that has something to go with it, and the votes."""

import logging
from collections.abc import Collection, Sequence

from bot.asking import QuestionError, check_question
from bot.further import fitting, topic_of
from bot.replies import Action, Choice, Reply, Verb, not_asked
from bot.service import Tutor
from bot.skills import Command, Said, Skill
from bot.texts import Texts
from data import practice, recommended
from data.entries import entry_of
from data.errors import StoreError, TutorError
from data.recommended import Pick, Recommended, Why
from data.records import Question
from data.words import shortened
from qa_model.recommend import Fit, Topic

LATELY = 5  # questions, and entries that a person is weak at, that are looked at
FADING = 0.9  # what each counts of the one before it
MAX_QUOTED_CHARS = 120

logger = logging.getLogger(__name__)


class Recommending:
    """/recommend, for what the person asked lately and got wrong, or for a topic that they name."""

    def __init__(self, tutor: Tutor) -> None:
        self._tutor = tutor
        vote = Command(self.vote)
        verbs: dict[Verb, Command] = {"further": Command(self.further), "r_up": vote, "r_down": vote}
        self.skill = Skill("recommending", {"recommend": Command(self.recommend)}, verbs)

    async def recommend(self, said: Said) -> Sequence[Reply]:
        """Recommend for a topic, or for what the person asked lately and missed in practice."""
        course = await self._tutor.course_of(said.person)
        if said.text:
            try:
                check_question(said.text)
            except QuestionError as error:
                return [Reply(not_asked(error, said.texts))]
            return await self._made(said, [Topic(Question(said.text, course.id if course else None))])
        topics = await self._lately(said.person, course.id if course else None)
        if not topics:
            return [Reply(said.texts.recommend.nothing_known)]
        passed = await self._tutor.read(recommended.judged, said.person)
        return await self._made(said, topics, passed)

    async def further(self, said: Said) -> Sequence[Reply]:
        """Recommend what goes with a question that this person asked, and with the answer they chose."""
        assert said.action is not None  # by the button
        asked = await self._tutor.asked(said.person, said.action.question)
        if asked is None:
            return [Reply(said.texts.gone)]
        return await self._made(said, [await topic_of(self._tutor, asked)])

    async def vote(self, said: Said) -> Sequence[Reply]:
        """Take whether a recommendation helped."""
        assert said.action is not None  # by the button
        helped = said.action.verb == "r_up"
        try:
            await self._tutor.write(recommended.vote, said.person, said.action.question, helped)
        except StoreError:  # it is not the button: the press is tried again
            raise
        except TutorError as error:
            logger.info("a vote was refused: %s", error)
            return [Reply(said.texts.gone)]
        return [Reply(said.texts.thanks if helped else said.texts.recommend.not_again)]

    async def _lately(self, person: str, course: str | None) -> list[Topic]:
        asked = await self._tutor.read(recommended.asked_lately, person, course, LATELY)
        topics = [
            Topic(question, ((entry, 1.0),) if entry else None, weight=FADING**i)
            for i, (question, entry) in enumerate(asked)
        ]
        missed = await self._tutor.read(practice.last_verdicts, person)
        for i, key in enumerate((await self._tutor.read(practice.weak_entries, person, course))[:LATELY]):
            entry = await self._tutor.read(entry_of, key)
            if entry is not None:
                why: Why = "practised" if missed.get(key, "right") != "right" else "asked"
                topics.append(Topic.of(entry, why, FADING**i))
        return topics

    async def _made(self, said: Said, topics: Sequence[Topic], passed: Collection[int] = ()) -> Sequence[Reply]:
        """Choose, record, and say what was recorded: what is handled again says the same again."""
        found = await fitting(self._tutor, topics, passed)
        made = await self._tutor.write(recommended.record, said.person, [_pick(fit) for fit in found], said.ref)
        if not made:
            return [Reply(said.texts.recommend.none)]
        parts = [_described(i, one, said.texts) for i, one in enumerate(made, 1)]
        return [Reply("\n\n".join([said.texts.recommend.lead, *parts]), rows=_rows(made, said.texts))]


def _pick(fit: Fit) -> Pick:
    return Pick(fit.resource.key, fit.entry.key if fit.entry else None, fit.why)


def _rows(made: Sequence[Recommended], texts: Texts) -> tuple[tuple[Choice, ...], ...]:
    """Return the votes, a row for each resource."""
    up, down = texts.recommend.helped, texts.recommend.not_helped
    return tuple(
        (Choice(up.format(n=i), Action("r_up", one.id)), Choice(down.format(n=i), Action("r_down", one.id)))
        for i, one in enumerate(made, 1)
    )


def _described(number: int, one: Recommended, texts: Texts) -> str:
    """Return a resource with its link, what it is, and why it is recommended."""
    words, resource = texts.recommend, one.resource
    kinds = {"reading": words.reading, "video": words.video, "exercise": words.exercise, "notebook": words.notebook}
    levels = {"beginner": words.beginner, "intermediate": words.intermediate, "advanced": words.advanced}
    minutes = words.minutes.format(n=resource.minutes) if resource.minutes else ""
    facts = [kinds.get(resource.kind, ""), levels.get(resource.level, ""), minutes, resource.lang]
    lines = [f"{number}. {resource.title}", " · ".join(filter(None, facts)), resource.url, _reason(one, texts)]
    return "\n".join(filter(None, lines))


def _reason(one: Recommended, texts: Texts) -> str:
    words = texts.recommend
    if one.entry is None:
        return words.because_near
    reasons = {"asked": words.because_asked, "practised": words.because_practised, "near": words.because_entry}
    return reasons[one.why].format(question=shortened(one.entry.question, MAX_QUOTED_CHARS))
