"""What a teacher is about to save: a new entry, or an entry with some cells changed; shown first with what it does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlite_utils import Database

from bot.grouping import search
from bot.replies import Action, Choice, Reply
from bot.service import Tutor
from bot.texts.teaching import TeachingTexts
from data import audit, versions
from data.checks import check_entry
from data.entries import entries, entry_of
from data.errors import Refused
from data.log import last_questions
from data.records import Candidate, Entry
from data.scrub import scrub
from data.settling import new_entry
from data.words import normalise, shortened
from qa_model import foresight
from qa_model.foresight import PIECE
from qa_model.replay import LAST, Change, Replay

Part = Literal["question", "answer", "section", "source_url", "expires_on"]
PARTS: tuple[Part, ...] = ("question", "answer", "section", "source_url", "expires_on")
NONE = "-"  # what a teacher types to empty a cell
ALIKE_FROM = 0.5  # probability from which another entry would answer the question of this one
SHOWN = 3  # entries that are alike, and questions whose answer would change
EXCERPT_CHARS = 160


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry of a course with cells filled in; `key` is that of the entry to change, 0 for a new one."""

    course: str
    key: int
    cells: Mapping[str, str]

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> "Draft":
        """Return the draft in the state of a dialogue."""
        return cls(state["course"], state["key"], state["cells"])

    def entry(self, db: Database) -> Entry:
        """Return the entry as it would be. Raises Refused if a cell cannot be taken, or what is changed is gone."""
        if not self.key:
            made = new_entry(db, self.course, self.cells.get("question", ""), self.cells.get("answer", ""))
        else:
            old = entry_of(db, self.key)
            if old is None:
                raise Refused(["the entry is no longer there"])
            made = old
        made = replace(made, **dict[str, Any](self.cells))
        try:
            check_entry(made)
        except ValueError as error:
            raise Refused([str(error)]) from error
        if not (made.question and made.answer):
            raise Refused(["question and answer cannot be empty"])
        return made

    def save(self, db: Database, *, actor: str, ref: str | None) -> Entry:
        """Save it as one change of the log; the same event saves once. Raises Refused as `entry` does."""
        known = next((r["id"] for r in db.query("select id from changes where ref = ?", [ref])), None)
        if known is not None:
            return next(entry for v in versions.versions(db, known) if (entry := entry_of(db, v.entry)) is not None)
        made = self.entry(db)
        action: audit.Teaching = "edit" if self.key else "teach"
        change = audit.record(db, action, actor=actor, course=made.course, detail=_short(made.question), ref=ref)
        versions.alter(db, change, added=[made])
        return next(e for e in entries(db, made.course, live=False) if e.id == made.id)


async def reviewed(tutor: Tutor, draft: Draft, number: int, texts: TeachingTexts) -> Reply:
    """Return the draft as it would be shown, with what is like it, what it changes, and what can be done with it."""
    entry = await tutor.read(draft.entry)
    head = (texts.draft_edit if draft.key else texts.draft_new).format(course=draft.course)
    below = [texts.draft_expires.format(date=entry.expires_on)] if entry.expires_on else []
    if draft.cells:
        below += _alike(entry, await search(tutor, entry.question, entry.course), texts)
        below += _foreseen(await foreseen(tutor, entry), texts)
    return Reply(head, entry, "\n".join(below), rows=_rows(number, texts, changed=bool(draft.cells)))


async def foreseen(tutor: Tutor, entry: Entry) -> Replay:
    """Ask the last questions of the course anew, with the entry as it would be."""
    known = await tutor.read(entries, entry.course, live=False)
    asked = [q for q in await tutor.read(last_questions, LAST) if q.course in (None, entry.course)]
    if not any(e.key != entry.key for e in known) or not asked:
        return Replay(0, ())
    sides = await tutor.lend(foresight.foresee, known, entry)
    found: list[Change] = []
    for i in range(0, len(asked), PIECE):
        found += await tutor.lend(foresight.changes, sides, asked[i : i + PIECE], entry.course)
    return Replay(len(asked), tuple(found))


def _alike(entry: Entry, candidates: Sequence[Candidate], texts: TeachingTexts) -> list[str]:
    others = [c for c in candidates if c.entry.key != entry.key]
    wording = normalise(entry.question)
    lines = [
        texts.draft_alike.format(question=_short(c.entry.question), answer=_short(c.entry.answer))
        for c in others
        if c.probability >= ALIKE_FROM
    ][:SHOWN]
    if any(wording in map(normalise, (c.entry.question, *c.entry.phrasings)) for c in others):
        lines.append(texts.draft_known)
    return lines


def _foreseen(replay: Replay, texts: TeachingTexts) -> list[str]:
    if not replay.asked:
        return []
    if not replay.changed:
        return [texts.draft_no_changes.format(asked=replay.asked)]

    def answer(entry: Entry | None) -> str:
        return f"“{_short(entry.question)}”" if entry is not None else texts.nothing

    lines = [texts.draft_changes.format(asked=replay.asked, changed=len(replay.changed))]
    for one in replay.changed[:SHOWN]:
        before, after = answer(one.before.entry), answer(one.after.entry)
        lines.append(texts.draft_change.format(question=_short(scrub(one.question)), before=before, after=after))
    return lines


def _short(text: str) -> str:
    return shortened(" ".join(text.split()), EXCERPT_CHARS)


def _rows(number: int, texts: TeachingTexts, *, changed: bool) -> tuple[tuple[Choice, ...], ...]:
    names = (texts.part_question, texts.part_answer, texts.part_section, texts.part_source, texts.part_expiry)
    parts = [Choice(name, Action("t_part", number, i)) for i, name in enumerate(names)]
    save = [Choice(texts.save, Action("t_save", number))] if changed else []
    drop = Choice(texts.drop, Action("t_drop", number))
    return ((*save, drop), tuple(parts[:2]), tuple(parts[2:]))
