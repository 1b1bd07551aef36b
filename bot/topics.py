"""/topics: a teacher takes topics of their courses; of questions on these they are told, and nobody else is."""

from collections.abc import Sequence

from bot.for_teachers import course_meant, for_teachers
from bot.replies import Action, Choice, Reply
from bot.routing import topics_of
from bot.service import Tutor
from bot.skills import Command, Said, Skill
from data import topics
from data.entries import Course, courses
from data.topics import Topic

SHOWN = 5  # courses at once; /course chooses another
MOST = 90  # topics of a course: Telegram takes up to 100 buttons


class Topics:
    """The topics that a teacher took, a button for each that takes it or leaves it."""

    def __init__(self, tutor: Tutor) -> None:
        self._tutor = tutor
        turn = Command(for_teachers(self.turn).run, "teacher", once=True)
        self.skill = Skill("topics", {"topics": for_teachers(self.show)}, {"topic": turn})

    async def show(self, said: Said) -> Sequence[Reply]:
        """Show the topics of the course that the teacher chose, or of all of theirs that have some."""
        meant, taught = await course_meant(self._tutor, said)
        own = [meant] if meant is not None else taught
        found = [(course, await topics_of(self._tutor, course.id)) for course in own]
        shown = [await self._shown(said, course, names) for course, names in found if names][:SHOWN]
        return shown or [Reply(said.texts.topics.none_yet)]

    async def turn(self, said: Said) -> Sequence[Reply]:
        """Take a topic, or leave it, as the button says."""
        assert said.action is not None  # by the button
        topic, taken = await self._tutor.read(topics.find, said.action.question), bool(said.action.entry)
        if topic is None or not said.may_teach(topic.course):
            return [Reply(said.texts.gone)]
        await self._tutor.write(topics.turn, said.person, topic.id, taken)
        course = next(c for c in await self._tutor.read(courses) if c.id == topic.course)
        told = (said.texts.topics.taken if taken else said.texts.topics.left).format(topic=topic.name)
        return [await self._shown(said, course, await topics_of(self._tutor, course.id), told)]

    async def _shown(self, said: Said, course: Course, names: Sequence[str], told: str = "") -> Reply:
        known = await self._tutor.write(topics.keep, course.id, names[:MOST])
        taken = await self._tutor.read(topics.taken, said.person)
        gone = [topic for topic in taken if topic.course == course.id and topic not in known]  # of an earlier model
        rows = tuple((_choice(topic, topic in taken),) for topic in [*known, *gone])
        return Reply(told or said.texts.topics.lead.format(course=course.title), rows=rows)


def _choice(topic: Topic, taken: bool) -> Choice:
    return Choice(f"{'☑' if taken else '☐'} {topic.name}", Action("topic", topic.id, int(not taken)))
