"""The topics of questions that wait for teachers, by the labels model of their course."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from bot.grouping import EMBEDDED
from bot.service import Tutor
from bot.texts import Texts
from data.queue import Waiting
from qa_model.labels import Labelled

MIN_PROBABILITY = 0.5  # under which another topic may be as likely, and none is named


@dataclass(frozen=True, slots=True)
class Routed:
    """The topic of a question, as its course calls it, and how likely it is."""

    topic: str
    probability: float


def named(found: Routed, texts: Texts) -> str:
    """Return a topic as a teacher reads it."""
    return texts.topics.line.format(topic=found.topic, sure=round(100 * found.probability))


async def routed(tutor: Tutor, waiting: Sequence[Waiting]) -> dict[int, Routed]:
    """Return the topics of questions by their numbers; left out are those that have none, or none that is sure.

    In pieces no student has to wait for.
    """
    by_course: dict[str, list[Waiting]] = defaultdict(list)
    for one in waiting:
        by_course[one.course].append(one)
    found = {}
    for course, own in by_course.items():
        for i in range(0, len(own), EMBEDDED):
            part = own[i : i + EMBEDDED]
            told = await _told(tutor, course, [one.text for one in part])
            for one, label in zip(part, told, strict=False):
                if label.known and label.probability >= MIN_PROBABILITY:
                    found[one.question] = Routed(label.label, label.probability)
    return found


async def topics_of(tutor: Tutor, course: str) -> tuple[str, ...]:
    """Return the topics of a course, none if no labels model tells them."""
    return await tutor.lend(lambda answerer: tutor.labels.names(course, answerer.encoder))


async def _told(tutor: Tutor, course: str, texts: Sequence[str]) -> Sequence[Labelled]:
    return await tutor.lend(lambda answerer: tutor.labels.label(course, texts, answerer.encoder)) or ()
