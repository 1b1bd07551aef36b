"""/teach, /edit and /protect: a teacher adds and mends entries in short dialogues, and sees first what that does."""

import secrets
from collections.abc import Sequence
from typing import Any

from bot.drafts import NONE, PARTS, Draft, reviewed
from bot.for_teachers import course_meant, for_teachers
from bot.grouping import search
from bot.replies import Action, Choice, Reply
from bot.service import Tutor
from bot.skills import Said, Skill, wait_for
from data import protection
from data.entries import entry_of
from data.records import Candidate, LabelledQuestion

MIN_FOUND = 0.005  # probability under which an entry is not offered
State = dict[str, Any]


class Teaching:
    """What a teacher is writing stands in the dialogue; nothing is saved before they press the button."""

    def __init__(self, tutor: Tutor) -> None:
        self._tutor = tutor
        self.skill = Skill(
            "teaching",
            {
                "teach": for_teachers(self.teach, in_groups=True),
                "edit": for_teachers(self.edit),
                "protect": for_teachers(self.protect),
            },
            {
                "t_course": for_teachers(self.choose_course),
                "t_pick": for_teachers(self.pick),
                "t_part": for_teachers(self.part),
                "t_save": for_teachers(self.save),
                "t_drop": for_teachers(self.drop),
                "t_protect": for_teachers(self.protect_by),
            },
            hears=for_teachers(self.hear),
        )

    async def teach(self, said: Said) -> Sequence[Reply]:
        """Begin a new entry: `/teach QUESTION`, or as a reply to a message, which becomes the answer."""
        cells = {
            name: text.strip() for name, text in (("question", said.text), ("answer", said.quoted)) if text.strip()
        }
        return await self._begin(said, {"step": "teach", "key": 0, "cells": cells})

    async def edit(self, said: Said) -> Sequence[Reply]:
        """Find an entry to change: `/edit WORDS`."""
        return await self._begin(said, {"step": "search", "cells": {}, "words": said.text})

    async def protect(self, said: Said) -> Sequence[Reply]:
        """Make a wording a test of every version: `/protect QUESTION`, or as a reply to a message with it."""
        return await self._begin(said, {"step": "protect", "cells": {}, "words": said.text or said.quoted})

    async def choose_course(self, said: Said) -> Sequence[Reply]:
        """Go on in the course of a button."""
        assert said.action is not None
        if said.state is None or not said.may_teach(said.action.course):
            return [Reply(said.texts.gone)]
        return await self._go_on(said, said.state | {"course": said.action.course})

    async def hear(self, said: Said) -> Sequence[Reply]:
        """Take what the dialogue waits for: a cell of the entry, or words to search by."""
        state = said.state or {}
        if "course" not in state:
            return await self._begin(said, state)
        if state["step"] in ("search", "protect"):
            return await self._go_on(said, state | {"words": said.text})
        wanted = state.get("waits_for", "question")
        text = said.text.strip()
        cells = state["cells"] | {wanted: "" if text == NONE and wanted not in ("question", "answer") else text}
        return await self._go_on(said, {k: v for k, v in state.items() if k != "waits_for"} | {"cells": cells})

    async def pick(self, said: Said) -> Sequence[Reply]:
        """Show the entry of a button, to be changed."""
        assert said.action is not None
        found = await self._tutor.read(entry_of, said.action.entry)
        if found is None or not said.may_teach(found.course):
            return [Reply(said.texts.gone)]
        return await self._go_on(said, {"step": "edit", "course": found.course, "key": found.key, "cells": {}})

    async def part(self, said: Said) -> Sequence[Reply]:
        """Wait for the new content of a cell."""
        assert said.action is not None
        state = self._current(said)
        if state is None or said.action.entry >= len(PARTS):
            return [Reply(said.texts.gone)]
        wanted = PARTS[said.action.entry]
        await wait_for(self._tutor, said, "teaching", state | {"waits_for": wanted})
        return [Reply(_asking(said)[wanted])]

    async def save(self, said: Said) -> Sequence[Reply]:
        """Save the draft; it is live at once."""
        state = self._current(said)
        if state is None:
            return [Reply(said.texts.gone)]
        draft = Draft.of(state)
        if not said.may_teach(draft.course):
            return [Reply(said.texts.not_allowed)]
        entry = await self._tutor.write(draft.save, actor=said.person, ref=said.ref)
        await wait_for(self._tutor, said, "teaching", None)
        rows = ((Choice(said.texts.teaching.mend, Action("t_pick", 0, entry.key)),),)
        return [Reply(said.texts.teaching.saved_entry.format(course=draft.course), rows=rows)]

    async def drop(self, said: Said) -> Sequence[Reply]:
        """Discard the draft."""
        if self._current(said) is None:
            return [Reply(said.texts.gone)]
        await wait_for(self._tutor, said, "teaching", None)
        return [Reply(said.texts.teaching.dropped)]

    async def protect_by(self, said: Said) -> Sequence[Reply]:
        """Protect the wording of the dialogue with the entry of a button."""
        assert said.action is not None
        entry, state = await self._tutor.read(entry_of, said.action.entry), self._current(said)
        if entry is None or state is None or not said.may_teach(entry.course):
            return [Reply(said.texts.gone)]
        question = LabelledQuestion(state["words"], entry.course, (entry.id,))
        await self._tutor.write(protection.protect, question, actor=said.person)
        await wait_for(self._tutor, said, "teaching", None)
        return [Reply(said.texts.teaching.protected)]

    async def _begin(self, said: Said, state: State) -> Sequence[Reply]:
        """Find out which course it is for: the only one, the one chosen, or by asking."""
        state = state | {"number": secrets.randbelow(10**9)}
        meant, taught = await course_meant(self._tutor, said)
        if meant is not None:
            return await self._go_on(said, state | {"course": meant.id})
        await wait_for(self._tutor, said, "teaching", state)
        rows = tuple((Choice(course.title, Action("t_course", course=course.id)),) for course in taught[:90])
        return [Reply(said.texts.teaching.which_course, rows=rows)]

    async def _go_on(self, said: Said, state: State) -> Sequence[Reply]:
        """Ask for what is missing, or show what there is."""
        state = State(number=secrets.randbelow(10**9)) | state
        if state["step"] in ("search", "protect"):
            return [await self._searched(said, state)]
        missing = next((p for p in ("question", "answer") if not state["key"] and p not in state["cells"]), None)
        if missing is not None:
            await wait_for(self._tutor, said, "teaching", state | {"waits_for": missing})
            return [Reply(_asking(said)[missing])]
        reply = await reviewed(self._tutor, Draft.of(state), state["number"], said.texts.teaching)
        await wait_for(self._tutor, said, "teaching", state)
        return [reply]

    async def _searched(self, said: Said, state: State) -> Reply:
        texts = said.texts.teaching
        await wait_for(self._tutor, said, "teaching", state)
        words = state["words"].strip()
        if not words:
            return Reply(texts.ask_search if state["step"] == "search" else texts.ask_question)
        found = await search(self._tutor, words, state["course"])
        if state["step"] == "protect":
            return Reply(texts.pick_protected, rows=_rows(found, "t_protect", state["number"]))
        rows = _rows(found, "t_pick", 0)
        return Reply(texts.pick_entry if rows else texts.nothing_found, rows=rows)

    def _current(self, said: Said) -> State | None:
        """Return the draft that a button belongs to, None if it is another or gone."""
        number = said.action.question if said.action is not None else 0
        return said.state if said.state is not None and said.state.get("number") == number else None


def _rows(found: Sequence[Candidate], verb: Any, number: int) -> tuple[tuple[Choice, ...], ...]:  # noqa: ANN401
    fitting = [c.entry for c in found if c.probability >= MIN_FOUND]
    return tuple((Choice(entry.question, Action(verb, number, entry.key)),) for entry in fitting)


def _asking(said: Said) -> dict[str, str]:
    texts = said.texts.teaching
    said_for = (texts.ask_question, texts.ask_answer, texts.ask_section, texts.ask_source, texts.ask_expiry)
    return dict(zip(PARTS, said_for, strict=True))
