"""A teacher sends a file of Q&A: first what importing it would do, then a button; refused rows come back marked."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from bot.for_teachers import course_meant, for_teachers
from bot.replies import Action, Choice, File, Reply, pick_course
from bot.service import Tutor
from bot.skills import Said, Skill
from data import sent_files, uploads
from data.entries import Course
from data.errors import Refused
from data.importing import Plan
from data.sent_files import SentFile
from data.uploads import MAX_UPLOAD_BYTES

MB = 2**20
SHOWN = 6  # notes, or reasons
LINE_CHARS = 300


class SentFiles:
    """Takes a file, and imports it when its button is pressed."""

    def __init__(self, tutor: Tutor) -> None:
        self._tutor = tutor
        self.skill = Skill(
            "files",
            verbs={
                "i_save": replace(for_teachers(self.save), once=True),
                "i_drop": replace(for_teachers(self.drop), once=True),
            },
            takes=for_teachers(self.take),
        )

    async def take(self, said: Said) -> Sequence[Reply]:
        """Say what importing the file would do."""
        upload, texts = said.upload, said.texts.teaching
        assert upload is not None  # by the caller
        if upload.size > MAX_UPLOAD_BYTES:
            size = f"{upload.size / MB:.1f}"
            return [Reply(texts.file_too_large.format(size=size, limit=MAX_UPLOAD_BYTES // MB))]
        course, taught = await course_meant(self._tutor, said)
        if course is None:
            return [Reply(texts.file_which_course), pick_course(taught, said.texts)]
        content = await upload.read()
        try:
            plan = await self._tutor.read(uploads.check_file, upload.name, content, course.id)
        except Refused as refused:
            return await _returned(said, upload.name, content, refused.reasons)
        if not (plan.added or plan.changed):
            return [Reply(texts.file_nothing)]
        kept = (said.person, course.id, upload.name, content)
        number = await self._tutor.write(sent_files.keep, *kept, ref=said.ref)
        rows = ((Choice(texts.file_import, Action("i_save", number)), Choice(texts.drop, Action("i_drop", number))),)
        return [Reply(_report(said, plan, course), rows=rows)]

    async def save(self, said: Said) -> Sequence[Reply]:
        """Import the file of a button."""
        found = await self._file(said)
        if found is None or not said.may_teach(found.course):
            return [Reply(said.texts.gone)]
        change = await self._tutor.write(sent_files.import_kept, found.id, said.person)
        texts = said.texts.teaching
        return [Reply(texts.file_nothing if change is None else texts.file_imported.format(change=change))]

    async def drop(self, said: Said) -> Sequence[Reply]:
        """Discard the file of a button."""
        if await self._file(said) is None:
            return [Reply(said.texts.gone)]
        await self._tutor.write(sent_files.discard, said.person)
        return [Reply(said.texts.teaching.dropped)]

    async def _file(self, said: Said) -> SentFile | None:
        assert said.action is not None  # by the caller
        return await self._tutor.read(sent_files.find, said.action.question, said.person)


async def _returned(said: Said, name: str, content: bytes, reasons: Sequence[str]) -> list[Reply]:
    texts = said.texts.teaching
    made, marked = await asyncio.to_thread(uploads.marked, name, content, reasons)
    lines = [texts.file_refused.format(file=name[:100]), *_listed(reasons)]
    return [Reply("\n".join(lines)), Reply(texts.file_marked, file=File(made, marked))]


def _report(said: Said, plan: Plan, course: Course) -> str:
    texts = said.texts.teaching
    counts = {"added": len(plan.added), "changed": len(plan.changed), "left": plan.left}
    lines = [texts.file_report.format(file=plan.source, course=course.title, **counts)]
    return "\n".join([*lines, "", texts.file_note, *_listed(plan.notes)] if plan.notes else lines)


def _listed(lines: Sequence[str]) -> list[str]:
    shown = [f"• {line[:LINE_CHARS]}" for line in lines[:SHOWN]]
    return [*shown, f"… +{len(lines) - SHOWN}"] if len(lines) > SHOWN else shown
