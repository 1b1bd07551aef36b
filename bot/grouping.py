"""What teachers need of the model: what waits, grouped; entries by words. In pieces no student has to wait for."""

import asyncio
from collections import defaultdict
from collections.abc import Collection

import numpy as np

from bot.service import Tutor
from data import queue
from data.queue import Waiting
from data.records import Candidate, Question
from qa_model import clusters
from qa_model.answerer import MAX_QUESTION_CHARS

EMBEDDED = 16  # questions that are embedded before a student's comes in between

Group = tuple[Waiting, ...]


async def grouped(tutor: Tutor, courses: Collection[str] | None, *, teacher: str | None = None) -> list[Group]:
    """Return what waits in these courses (None: in all), in groups that ask the same, the most pressing first.

    What this teacher put off is left out.
    """
    by_course: dict[str, list[Waiting]] = defaultdict(list)
    for one in await tutor.read(queue.waiting, courses, teacher=teacher):
        by_course[one.course].append(one)
    found: list[Group] = []
    for course, own in by_course.items():
        texts = [one.text for one in own]
        parts = [texts[i : i + EMBEDDED] for i in range(0, len(texts), EMBEDDED)]
        vectors = np.concatenate([await tutor.lend(clusters.question_vectors, part) for part in parts])
        in_common = await tutor.lend(clusters.common, course)
        found += await asyncio.to_thread(clusters.clusters, own, vectors, in_common)
    return sorted(found, key=clusters.rank)


async def search(tutor: Tutor, words: str, course: str) -> tuple[Candidate, ...]:
    """Return the entries of a course that these words fit best; nothing is recorded."""
    question = Question(words[:MAX_QUESTION_CHARS], course)
    return (await tutor.lend(lambda answerer: answerer.answer([question])))[0].candidates
