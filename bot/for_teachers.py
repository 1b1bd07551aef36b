"""What every command of a teacher has in common: who may, and what is said where it cannot be done."""

from collections.abc import Sequence
from functools import wraps

from bot.replies import Action, Choice, Reply
from bot.service import Tutor
from bot.skills import Command, Run, Said
from data import people
from data.entries import Course, courses
from data.errors import Refused
from data.settling import Settled


def for_teachers(run: Run, *, in_groups: bool = False) -> Command:
    """Return a teacher's command that says so where a colleague was faster, or the input cannot be taken."""

    @wraps(run)
    async def told(said: Said) -> Sequence[Reply]:
        try:
            return await run(said)
        except Settled:
            return [Reply(said.texts.teaching.queue_settled, rows=(next_in_queue(said),))]
        except Refused as error:
            return [Reply(said.texts.teaching.refused.format(reason="; ".join(error.reasons[:5])))]

    return Command(told, "teacher", in_groups=in_groups)


def next_in_queue(said: Said) -> tuple[Choice, ...]:
    """Return the button that goes on with the queue."""
    return (Choice(said.texts.teaching.queue_next, Action("q_next")),)


async def course_meant(tutor: Tutor, said: Said) -> tuple[Course | None, list[Course]]:
    """Return the course that a teacher means, and all those they teach: the only one, or the one that they chose.

    None if they have to be asked.
    """
    taught = [course for course in await tutor.read(courses) if said.may_teach(course.id)]
    chosen = await tutor.read(people.course_of, said.person)
    fitting = taught if len(taught) == 1 else [course for course in taught if chosen and course.id == chosen.id]
    return (fitting[0] if fitting else None), taught
