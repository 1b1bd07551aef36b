"""/stats: a course in two pictures; /digest, /mute and /unmute: what comes to a teacher unasked."""

from collections.abc import Sequence

from bot.digest import drawn
from bot.for_teachers import for_teachers
from bot.replies import File, Reply
from bot.service import Tutor
from bot.skills import Said, Skill
from data import people, wishes
from data.figures import figures

DAYS = 30
COURSES = 3  # shown at once, those with the most questions


class Reports:
    """What a teacher sees of the class, without anybody's name."""

    def __init__(self, tutor: Tutor) -> None:
        self._tutor = tutor
        commands = {"stats": self.stats, "digest": self.digest, "mute": self.mute, "unmute": self.unmute}
        self.skill = Skill("reports", {name: for_teachers(run) for name, run in commands.items()})

    async def stats(self, said: Said) -> Sequence[Reply]:
        """Draw the course that the teacher chose, or the busiest of theirs."""
        taught = [course.id for course in await self._tutor.courses() if said.may_teach(course.id)]
        chosen = await self._tutor.read(people.course_of, said.person)
        asked = {course: (await self._tutor.read(figures, course, DAYS)).questions for course in taught}
        shown = [chosen.id] if chosen and chosen.id in taught else sorted(taught, key=lambda c: -asked[c])[:COURSES]
        replies = [
            Reply(lead, file=File(f"stats-{course}-{i}.png", picture))
            for course in shown
            for i, (lead, picture) in enumerate(await drawn(self._tutor, course, DAYS, said.texts.teaching), 1)
        ]
        return replies or [Reply(said.texts.teaching.stats_empty.format(days=DAYS))]

    async def digest(self, said: Said) -> Sequence[Reply]:
        """Send the weekly picture from now on, or no longer: `/digest on`, `/digest off`."""
        texts, word = said.texts.teaching, said.text.strip().lower()
        if word not in ("on", "off"):
            return [Reply(texts.digest_usage)]
        await self._tutor.write(wishes.want_digest, said.person, word == "on")
        return [Reply(texts.digest_on if word == "on" else texts.digest_off)]

    async def mute(self, said: Said) -> Sequence[Reply]:
        """Tell of new questions no longer."""
        await self._tutor.write(wishes.mute, said.person, True)
        return [Reply(said.texts.teaching.muted)]

    async def unmute(self, said: Said) -> Sequence[Reply]:
        """Tell of new questions again."""
        await self._tutor.write(wishes.mute, said.person, False)
        return [Reply(said.texts.teaching.unmuted)]
