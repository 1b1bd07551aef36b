"""/essay: a student picks an assignment, hands in a text or a file, and reads what a scorer estimates of it.

Nothing is counted twice: the same event hands in one text, and shows it again as it was recorded.
"""

from collections.abc import Sequence

from bot.essay_replies import handed_in, number, shown, state_of
from bot.replies import MAX_COURSES, Action, Choice, Reply, Verb
from bot.scoring import estimated
from bot.service import Tutor
from bot.skills import Command, Said, Skill, wait_for
from data import assignments, submissions
from data.assignments import Assignment
from data.documents import MAX_BYTES, MAX_PAGES, DocumentError, Problem, text_of
from data.submissions import MAX_A_DAY, MAX_TEXT_CHARS, Submission
from data.words import terms

MESSAGE_CHARS = 4_000  # UTF-16: who pastes more than a message holds sends several, and the first is about as long
LISTED = 10  # texts handed in
MB = 2**20


class Essays:
    """Hands in texts, shows them to who wrote them, takes them back."""

    def __init__(self, tutor: Tutor) -> None:
        self._tutor = tutor
        verbs: dict[Verb, Command] = {
            **{"e_pick": Command(self.pick), "e_show": Command(self.show)},
            **{"e_withdraw": Command(self.withdraw, once=True)},
        }
        commands = {"essay": Command(self.begin)}
        self.skill = Skill("essays", commands, verbs, hears=Command(self.hear), takes=Command(self.take))

    async def begin(self, said: Said) -> Sequence[Reply]:
        """Show what there is to write on, and what the person handed in."""
        words = said.texts.essay
        own = (await self._tutor.read(submissions.of_person, said.person))[:LISTED]
        done = {one.assignment.key for one in own}
        rows = [row for asked, row in await self._offered(said) if asked.key not in done]
        rows += [(Choice(words.show.format(title=one.assignment.title), Action("e_show", one.id)),) for one in own]
        lines = [_line(one, said) for one in own]
        parts = ["\n".join([words.own, *lines])] if own else []
        parts += [words.choose] if len(rows) > len(own) else [] if own else [words.none]
        return [Reply("\n\n".join(parts), rows=tuple(rows))]

    async def pick(self, said: Said) -> Sequence[Reply]:
        """Show an assignment and wait for the text."""
        assert said.action is not None  # by the button
        asked = await self._tutor.read(assignments.assignment_of, said.action.question)
        if asked is None:
            return [Reply(said.texts.gone)]
        hindered = await self._hindered(said, asked)
        if hindered:
            return hindered
        await wait_for(self._tutor, said, "essays", {"assignment": asked.key, "step": "text"})
        words = said.texts.essay
        scale = words.scale.format(low=number(asked.min_score), high=number(asked.max_score))
        facts = [scale, words.closes.format(date=asked.closes_on)] if asked.closes_on else [scale]
        how = words.how.format(mb=MAX_BYTES // MB, limit=f"{MAX_TEXT_CHARS:,}")
        return [Reply("\n\n".join([asked.title, asked.prompt, " ".join(facts), how]))]

    async def hear(self, said: Said) -> Sequence[Reply]:
        """Take a text that was typed."""
        assert said.state is not None  # by the dialogue
        if said.state["step"] == "file":
            return [Reply(said.texts.essay.wants_file)]
        # The terminal, whose events have no name, takes lines of any length.
        if said.ref is not None and len(said.text.encode("utf-16-le")) // 2 >= MESSAGE_CHARS:
            await wait_for(self._tutor, said, "essays", said.state | {"step": "file"})
            return [Reply(said.texts.essay.one_message)]
        return await self._hand_in(said, said.text)

    async def take(self, said: Said) -> Sequence[Reply]:
        """Take a text that was sent as a file."""
        upload = said.upload
        assert upload is not None  # by the caller
        if said.state is None:
            rows = tuple(row for _, row in await self._offered(said))
            return [Reply(said.texts.essay.which, rows=rows) if rows else Reply(said.texts.text_only)]
        if upload.size > MAX_BYTES:
            return [Reply(_problem("large", said))]
        try:
            text = await text_of(upload.name, await upload.read())
        except DocumentError as error:
            return [Reply(_problem(error.problem, said))]
        return await self._hand_in(said, text)

    async def show(self, said: Said) -> Sequence[Reply]:
        """Show a text that the person handed in."""
        found = await self._own(said)
        return [shown(found, said.texts) if found is not None else Reply(said.texts.gone)]

    async def withdraw(self, said: Said) -> Sequence[Reply]:
        """Take back a text that is not marked."""
        assert said.action is not None  # by the button
        done = await self._tutor.write(submissions.withdraw, said.action.question, said.person)
        return [Reply(said.texts.essay.withdrawn if done else said.texts.essay.not_withdrawn)]

    async def _hand_in(self, said: Said, text: str) -> Sequence[Reply]:
        assert said.state is not None  # by the callers
        words = said.texts.essay
        known = await self._tutor.read(submissions.number_of, said.ref)
        asked = await self._tutor.read(assignments.assignment_of, said.state["assignment"])
        if known is None and asked is not None:
            if len(text) > MAX_TEXT_CHARS:
                return [Reply(words.too_long.format(n=f"{len(text):,}", limit=f"{MAX_TEXT_CHARS:,}"))]
            if not terms(text):
                return [Reply(words.empty)]
            hindered = await self._hindered(said, asked)
            if hindered:
                await wait_for(self._tutor, said, "essays", None)
                return hindered
            estimate = await estimated(self._tutor, asked, text)
            known = await self._tutor.write(submissions.hand_in, said.person, asked, text, estimate, said.ref)
        await wait_for(self._tutor, said, "essays", None)
        found = await self._tutor.read(submissions.find, known) if known is not None else None
        return [handed_in(found, said.texts) if found is not None else Reply(said.texts.gone)]

    async def _hindered(self, said: Said, asked: Assignment) -> Sequence[Reply]:
        """Return what to say to who cannot hand in a text for it now; nothing if they can."""
        reason = await self._tutor.read(submissions.check_hand_in, said.person, asked)
        words = said.texts.essay
        if reason != "standing":
            return [Reply({"closed": words.closed, "often": words.often.format(n=MAX_A_DAY)}[reason])] if reason else []
        own = await self._tutor.read(submissions.of_person, said.person)
        return [Reply(words.standing), *(shown(one, said.texts) for one in own if one.assignment.key == asked.key)]

    async def _offered(self, said: Said) -> Sequence[tuple[Assignment, tuple[Choice, ...]]]:
        """Return the open assignments of the course that the person chose, or of all, each with its button."""
        chosen = await self._tutor.course_of(said.person)
        known = [a for a in await self._tutor.read(assignments.assignments, chosen.id if chosen else None) if a.is_open]
        several = len({asked.course for asked in known}) > 1
        names = [f"{asked.title} · {asked.course}" if several else asked.title for asked in known]
        rows = [(asked, (Choice(name, Action("e_pick", asked.key)),)) for name, asked in zip(names, known, strict=True)]
        return rows[:MAX_COURSES]

    async def _own(self, said: Said) -> Submission | None:
        assert said.action is not None  # by the button
        found = await self._tutor.read(submissions.find, said.action.question)
        return found if found is not None and found.person == said.person else None


def _line(one: Submission, said: Said) -> str:
    words = said.texts.essay
    return words.own_line.format(title=one.assignment.title, date=one.submitted_at[:10], state=state_of(one, words))


def _problem(problem: Problem, said: Said) -> str:
    words = said.texts.essay
    return {
        "kind": words.file_kind,
        "large": words.file_large.format(mb=MAX_BYTES // MB),
        "broken": words.file_broken,
        "encrypted": words.file_encrypted,
        "pages": words.file_pages.format(pages=MAX_PAGES),
        "scanned": words.file_scanned,
        "empty": words.file_empty,
    }[problem]
