"""/queue: what nobody answered rightly, in clusters of the same question; a teacher deals with one after the other."""

from collections.abc import Sequence

from bot.for_teachers import for_teachers, next_in_queue
from bot.grouping import Group, grouped, search
from bot.replies import Action, Choice, Reply
from bot.routing import named, routed
from bot.service import Tutor
from bot.skills import Said, Skill, wait_for
from bot.texts import texts_for
from bot.texts.teaching import TeachingTexts
from data import queue, settling, topics
from data.entries import find_course
from data.errors import Refused
from data.queue import Cluster, Waiting
from data.settling import Outcome, Settled

WORDINGS = 6  # of a cluster that are shown
WORDING_CHARS = 300
MIN_PICKED = 0.02  # probability under which an entry is no use as a suggestion


class TeacherQueue:
    """The queue of a teacher, over all the courses they teach; a cluster's message can be replied to at any time."""

    def __init__(self, tutor: Tutor) -> None:
        self._tutor = tutor
        self.skill = Skill(
            "queue",
            {"queue": for_teachers(self.show)},
            {
                **{
                    "q_next": for_teachers(self.show),
                    "q_answer": for_teachers(self.write),
                    "q_same": for_teachers(self.same),
                },
                **{"q_pick": for_teachers(self.pick), "q_outside": for_teachers(self.outside)},
                **{
                    "q_later": for_teachers(self.later),
                    "q_alone": for_teachers(self.alone),
                    "q_undo": for_teachers(self.undo),
                    "q_mine": for_teachers(self.mine),
                },
            },
            hears=for_teachers(self.hear),
            replied=frozenset({"q_answer"}),
        )

    async def show(self, said: Said) -> Sequence[Reply]:
        """Show the most pressing cluster, of all or of the teacher's own topics."""
        groups = await grouped(self._tutor, said.teaches, teacher=said.person)
        if not groups:
            return [Reply(said.texts.teaching.queue_empty)]
        own = await self._of_own_topics(groups, said) if await self._tutor.read(topics.alone, said.person) else groups
        if not own:
            lead = said.texts.topics.none_of_mine.format(others=len(groups))
            return [Reply(lead, rows=await self._choice_of_topics(said))]
        return [await self._shown(await self._kept(own[0]), said, left=len(own))]

    async def mine(self, said: Said) -> Sequence[Reply]:
        """Show the teacher's own topics alone from now on, or all again."""
        await self._tutor.write(topics.show_alone, said.person, bool(_number(said)))
        return await self.show(said)

    async def write(self, said: Said) -> Sequence[Reply]:
        """Wait for the answer to a cluster."""
        found = await self._open(said)
        await wait_for(self._tutor, said, "queue", {"cluster": found.id, "step": "answer"})
        return [Reply(f"• {found.wordings[0][:WORDING_CHARS]}\n\n{said.texts.teaching.queue_write}")]

    async def same(self, said: Said) -> Sequence[Reply]:
        """Offer the entries that fit a cluster best."""
        found = await self._open(said)
        await wait_for(self._tutor, said, "queue", {"cluster": found.id, "step": "search"})
        return [await self._offered(said, found, found.waiting[0].text)]

    async def hear(self, said: Said) -> Sequence[Reply]:
        """Take an answer, also as a reply to the cluster's message, or the words to search an entry by."""
        replied = next((action.question for action in said.buttons if action.verb == "q_answer"), None)
        state = said.state or {}
        number = replied if replied is not None else state.get("cluster", 0)
        await self._check(said, number)
        if replied is None and state.get("step") == "search":
            return [await self._offered(said, await self._open(said, number), said.text)]
        done = await self._tutor.write(
            settling.answer, number, said.text, actor=said.person, ref=said.ref, lead=delivered
        )
        await wait_for(self._tutor, said, "queue", None)
        return [_told(said, said.texts.teaching.queue_answered, done)]

    async def pick(self, said: Said) -> Sequence[Reply]:
        """Join a cluster to the entry that was picked."""
        assert said.action is not None
        number, key = said.action.question, said.action.entry
        await self._check(said, number)
        done = await self._tutor.write(settling.same_as, number, key, actor=said.person, ref=said.ref, lead=delivered)
        await wait_for(self._tutor, said, "queue", None)
        return [_told(said, said.texts.teaching.queue_joined, done)]

    async def outside(self, said: Said) -> Sequence[Reply]:
        """Record that the course does not answer a cluster, and go on."""
        number = _number(said)
        await self._check(said, number)
        done = await self._tutor.write(settling.not_here, number, actor=said.person, ref=said.ref)
        rows = ((Choice(said.texts.teaching.take_back, Action("q_undo", done.change)),),)
        return [Reply(said.texts.teaching.queue_not_here, rows=rows), *await self.show(said)]

    async def later(self, said: Said) -> Sequence[Reply]:
        """Put a cluster off until tomorrow, and go on."""
        found = await self._open(said)
        await self._tutor.write(queue.postpone, [one.question for one in found.waiting], said.person)
        return [Reply(said.texts.teaching.queue_put_off), *await self.show(said)]

    async def alone(self, said: Said) -> Sequence[Reply]:
        """Show the first wording of a cluster as one of its own: the others ask something else."""
        found = await self._open(said)
        first = [one for one in found.waiting if one.shown == found.wordings[0]]
        return [await self._shown(await self._kept(first), said)]

    async def undo(self, said: Said) -> Sequence[Reply]:
        """Take back what was done with a cluster."""
        number, work = _number(said), settling.undo
        try:
            await self._tutor.write(work, number, actor=said.person, courses=said.teaches, ref=said.ref)
        except Refused:
            return [Reply(said.texts.teaching.not_taken_back)]
        return [Reply(said.texts.teaching.taken_back, rows=(next_in_queue(said),))]

    async def _of_own_topics(self, groups: Sequence[Group], said: Said) -> Sequence[Group]:
        """Return the clusters whose most typical question is on a topic that the teacher took."""
        taken = {(topic.course, topic.name) for topic in await self._tutor.read(topics.taken, said.person)}
        found = await routed(self._tutor, [group[0] for group in groups])
        known = {number: one.topic for number, one in found.items()}
        return [group for group in groups if (group[0].course, known.get(group[0].question)) in taken]

    async def _choice_of_topics(self, said: Said) -> tuple[tuple[Choice, ...], ...]:
        """Return the button that shows the teacher's topics alone, or all again; none to who took none."""
        texts = said.texts.topics
        if await self._tutor.read(topics.alone, said.person):
            return ((Choice(texts.every, Action("q_mine", 0)),),)
        taken = [t for t in await self._tutor.read(topics.taken, said.person) if said.may_teach(t.course)]
        return ((Choice(texts.only_mine, Action("q_mine", 1)),),) if taken else ()

    async def _kept(self, group: Sequence[Waiting]) -> Cluster:
        number = await self._tutor.write(queue.keep_cluster, [one.question for one in group], group[0].course)
        return Cluster(number, group[0].course, tuple(group))

    async def _open(self, said: Said, number: int | None = None) -> Cluster:
        """Return a cluster of this teacher of which something still waits, that of the button if none is named.

        Raises Settled if there is none.
        """
        number = _number(said) if number is None else number
        await self._check(said, number)
        found = await self._tutor.read(queue.find_cluster, number)
        if found is None or not found.waiting:
            raise Settled(f"cluster {number}: nothing of it waits")
        return found

    async def _check(self, said: Said, number: int) -> None:
        """Raise Settled if the cluster is none of this teacher's."""
        found = await self._tutor.read(queue.find_cluster, number)
        if found is None or not said.may_teach(found.course):
            raise Settled(f"cluster {number}: is none of this teacher's")

    async def _offered(self, said: Said, found: Cluster, words: str) -> Reply:
        candidates = await search(self._tutor, words, found.course)
        fitting = [c.entry for c in candidates if c.probability >= MIN_PICKED]
        rows = tuple((Choice(entry.question, Action("q_pick", found.id, entry.key)),) for entry in fitting)
        texts = said.texts.teaching
        return Reply(texts.queue_pick if rows else texts.queue_none_like, rows=rows)

    async def _shown(self, found: Cluster, said: Said, *, left: int | None = None) -> Reply:
        texts = said.texts.teaching
        title = (await self._tutor.read(find_course, found.course)).title
        head = texts.queue_head.format(course=title, left=left) if left is not None else title
        sure = max(one.confidence for one in found.waiting)
        asked = texts.queue_people.format(people=found.people, sure=round(100 * sure))
        topic = (await routed(self._tutor, found.waiting[:1])).get(found.waiting[0].question)
        about = [named(topic, said.texts)] if topic is not None else []
        lines = [f"• {text[:WORDING_CHARS]}" for text in found.wordings[:WORDINGS]]
        if len(found.wordings) > WORDINGS:
            lines.append(texts.queue_more.format(n=len(found.wordings) - WORDINGS))
        rows = (*buttons(found, texts), *await self._choice_of_topics(said))
        return Reply("\n".join([head, asked, *about, "", *lines, "", texts.queue_how]), rows=rows)


def buttons(found: Cluster, texts: TeachingTexts) -> tuple[tuple[Choice, ...], ...]:
    """Return what can be done with a cluster."""

    def choice(label: str, verb: str) -> Choice:
        return Choice(label, Action(verb, found.id))  # type: ignore[arg-type]

    rows = [
        (choice(texts.queue_answer, "q_answer"), choice(texts.queue_same, "q_same")),
        (choice(texts.queue_outside, "q_outside"), choice(texts.queue_later, "q_later")),
    ]
    return (*rows, (choice(texts.queue_alone, "q_alone"),)) if len(found.wordings) > 1 else tuple(rows)


def delivered(lang: str) -> str:
    """Return what stands above the answer that a student gets from a teacher."""
    return texts_for(lang).teaching.queue_delivered


def _told(said: Said, lead: str, done: Outcome) -> Reply:
    texts = said.texts.teaching
    rows = [Choice(texts.take_back, Action("q_undo", done.change))]
    if done.entry is not None:
        rows.append(Choice(texts.mend, Action("t_pick", 0, done.entry.key)))
    return Reply(lead.format(people=done.told), done.entry, rows=(tuple(rows), next_in_queue(said)))


def _number(said: Said) -> int:
    return said.action.question if said.action is not None else 0
