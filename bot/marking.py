"""/marks: texts that wait for a mark, what is uncertain first; a teacher types a mark and, if they like, a comment.

A queue of its own and not /queue: that one has clusters of questions, which are answered, joined or put aside in
seconds, and undone; a text is read for minutes by itself, and its mark is changed and not undone.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from sqlite_utils import Database

from bot.essay_replies import estimate_of, number, told
from bot.for_teachers import for_teachers
from bot.replies import Action, Choice, File, Reply
from bot.scoring import evidence
from bot.service import Tutor
from bot.skills import Said, Skill, wait_for
from bot.texts import texts_for
from data import people, submissions
from data.assignments import Assignment
from data.entries import find_course
from data.submissions import Submission
from data.words import shortened
from qa_model.scorer import Example

INLINE_CHARS = 2_500  # of a text; a longer one comes as a file
EVIDENCE_CHARS = 300
LAST = 5  # of one's own marks
# A number, out of how many if they say so, and a comment; also from a Chinese keyboard, as in `８．５分，很好`.
_MARK = re.compile(
    r"\s*(-?\d{1,4}(?:[.,．，]\d{1,4})?)(?![\d.,．，]*\d)(?:\s*[/／]\s*(\d{1,4})(?!\d))?"
    r"(?:\s*分(?=\W|$))?[\s:;,.–—：；，。、-]*(.*)",
    re.DOTALL,
)


class Marking:
    """The texts of a teacher's courses; the message of a text can be replied to at any time."""

    def __init__(self, tutor: Tutor) -> None:
        self._tutor = tutor
        self.skill = Skill(
            "marking",
            {"marks": for_teachers(self.begin)},
            {
                "m_next": for_teachers(self.next),
                "m_open": for_teachers(self.open),
                "m_second": for_teachers(self.second),
            },
            hears=for_teachers(self.hear),
            replied=frozenset({"m_next"}),
        )

    async def begin(self, said: Said) -> Sequence[Reply]:
        """Show the most uncertain text, or the one whose number was typed."""
        if said.text.isascii() and said.text.isdecimal() and len(said.text) < 10:
            return await self._opened(said, int(said.text))
        return await self._first(said, await self._unmarked(said))

    async def next(self, said: Said) -> Sequence[Reply]:
        """Show the text that comes after the one of the button, the first again after the last."""
        assert said.action is not None  # by the button
        for reading in (self._unmarked, self._for_second):
            waiting = await reading(said)
            at = next((i for i, one in enumerate(waiting, 1) if one.id == said.action.question), 0)
            if at:
                return await self._first(said, waiting[at:] + waiting[:at])
        return await self.begin(replace(said, text=""))

    async def open(self, said: Said) -> Sequence[Reply]:
        """Show the text of a button, marked or not."""
        assert said.action is not None  # by the button
        return await self._opened(said, said.action.question)

    async def second(self, said: Said) -> Sequence[Reply]:
        """Show a text that a colleague marked and nobody else."""
        return await self._first(said, await self._for_second(said))

    async def hear(self, said: Said) -> Sequence[Reply]:
        """Take a mark, with what follows it as the comment; also as a reply to the text's message."""
        replied = next((action.question for action in said.buttons if action.verb == "m_next"), 0)
        found = await self._find(said, replied or (said.state or {}).get("submission", 0))
        words = said.texts.marking
        if found is None:
            await wait_for(self._tutor, said, "marking", None)
            return [Reply(words.gone)]
        typed = _MARK.fullmatch(said.text)
        score = _score(typed, found.assignment) if typed is not None else None
        if typed is None or score is None:
            return [Reply(words.not_a_mark.format(**_scale(found.assignment, said)))]
        work = (found.id, score, typed[3].strip())
        after = await self._tutor.write(_mark, *work, teacher=said.person, ref=said.ref)
        await wait_for(self._tutor, said, "marking", None)
        saved = words.saved if after.marks[0].teacher == said.person else words.saved_second
        change = Choice(words.change, Action("m_open", found.id))
        return [Reply(saved.format(score=number(score)), rows=((change, Choice(words.next, Action("m_next"))),))]

    async def _first(self, said: Said, waiting: Sequence[Submission]) -> Sequence[Reply]:
        if waiting:
            return await self._shown(said, waiting[0], left=len(waiting))
        known, words = await self._tutor.read(submissions.marked, said.teaches), said.texts.marking
        rows = (
            [(Choice(words.second, Action("m_second")),)] if any(_is_for_second(s, said.person) for s in known) else []
        )
        own = [(one, mark) for one in known if (mark := one.mark_of(said.person)) is not None][:LAST]
        rows += [
            (Choice(f"{one.id} · {one.assignment.title}: {number(mark.score)}", Action("m_open", one.id)),)
            for one, mark in own
        ]
        return [Reply("\n\n".join([words.empty, words.last] if own else [words.empty]), rows=tuple(rows))]

    async def _unmarked(self, said: Said) -> list[Submission]:
        """Return what nobody marked, the most uncertain first."""
        return list(await self._tutor.read(submissions.unmarked, said.teaches))

    async def _for_second(self, said: Said) -> list[Submission]:
        """Return what a colleague marked and nobody else."""
        known = await self._tutor.read(submissions.marked, said.teaches)
        return [one for one in known if _is_for_second(one, said.person)]

    async def _opened(self, said: Said, wanted: int) -> Sequence[Reply]:
        found = await self._find(said, wanted)
        return [Reply(said.texts.marking.gone)] if found is None else await self._shown(said, found)

    async def _find(self, said: Said, wanted: int) -> Submission | None:
        """Return a text of a course that this person teaches."""
        found = await self._tutor.read(submissions.find, wanted)
        return found if found is not None and said.may_teach(found.assignment.course) else None

    async def _shown(self, said: Said, one: Submission, *, left: int | None = None) -> Sequence[Reply]:
        """Show a text with its estimate and the marked texts that are most like it, and wait for the mark."""
        words, asked = said.texts.marking, one.assignment
        await wait_for(self._tutor, said, "marking", {"submission": one.id})
        course = (await self._tutor.read(find_course, asked.course)).title
        head = (words.reopened if left is None else words.head).format(
            title=asked.title, course=course, number=one.id, left=left
        )
        own = one.mark_of(said.person)
        parts = [head]
        parts += [words.own_mark.format(score=number(own.score))] if own is not None else []
        parts += [words.second_reading] if one.marks and one.marks[0].teacher != said.person else []
        parts.append(shortened(one.text, INLINE_CHARS))
        parts += estimate_of(one.estimate, asked, said.texts.essay)
        parts += _alike(await evidence(self._tutor, one), said)
        parts.append(words.how.format(**_scale(asked, said)))
        shown = Reply("\n\n".join(parts), rows=((Choice(words.skip, Action("m_next", one.id)),),))
        if len(one.text) <= INLINE_CHARS:
            return [shown]
        whole = File(f"text-{one.id}.txt", one.text.encode("utf-8-sig"))
        return [Reply(words.whole.format(n=f"{len(one.text):,}"), file=whole), shown]


def _mark(db: Database, wanted: int, score: float, comment: str, *, teacher: str, ref: str | None) -> Submission:
    """Give the mark and tell the student, in one transaction."""
    after, telling = submissions.mark(db, wanted, score, comment, teacher=teacher, ref=ref)
    if telling:
        texts = texts_for(people.language(db, after.person))
        button = (texts.essay.show.format(title=after.assignment.title), Action("e_show", after.id).encode())
        submissions.tell(db, after, told(after, texts), button)
    return after


def _score(typed: re.Match[str], asked: Assignment) -> float | None:
    """Return the mark that was typed, None if it is not on the scale, or out of another maximum."""
    score = float(re.sub("[,．，]", ".", typed[1]))
    of = float(typed[2]) if typed[2] else asked.max_score
    return score if of == asked.max_score and asked.takes(score) else None


def _is_for_second(one: Submission, teacher: str) -> bool:
    return len(one.marks) == 1 and one.marks[0].teacher != teacher


def _scale(asked: Assignment, said: Said) -> dict[str, str]:
    steps = said.texts.marking.steps.format(step=number(asked.score_step)) if asked.score_step else ""
    return {"low": number(asked.min_score), "high": number(asked.max_score), "steps": steps}


def _alike(found: Sequence[Example], said: Said) -> list[str]:
    words = said.texts.marking
    lines = []
    for one in found:
        text = shortened(" ".join(one.text.split()), EVIDENCE_CHARS)
        told = {"score": number(one.score), "likeness": round(100 * one.cosine), "text": text}
        lines.append(words.evidence_one.format(**told))
    return ["\n".join([words.evidence, *lines])] if lines else []
