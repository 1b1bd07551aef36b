"""Who judges a free-text answer in a quiz: the scorer `scores/quiz`, if one serves and knows what was asked, else the
judge that is shipped.

A scorer knows a question that it learned with the same reference, and every question if it learned what holds for new
ones. What it refuses, and what needs no model, is the shipped judge's.
"""

import asyncio

from bot.scorers import Loaded
from bot.scoring import score
from bot.service import Tutor
from data.records import Entry
from data.scored import Work
from qa_model.judge import Judgement, judged, plainly, verdict_of

NAME = "quiz"


async def judge(tutor: Tutor, entry: Entry, given: str) -> Judgement:
    """Judge an answer to an entry's question."""
    if (plain := plainly(entry.answer, given)) is not None:
        return plain
    loaded = await asyncio.to_thread(tutor.scorers.find, NAME)
    prompt = _prompt_of(loaded, entry) if loaded is not None else None
    if loaded is not None and prompt is not None:
        told = await score(tutor, loaded, Work(prompt, given, entry.question, entry.answer))
        if not told.refused:
            part = loaded.scorer.part(prompt, told)
            return Judgement(part, verdict_of(part))
    return await tutor.lend(judged, entry, given)


def _prompt_of(loaded: Loaded, entry: Entry) -> str | None:
    """Return under which name the scorer knows a question, or may be asked about it; None if it cannot judge it."""
    known = loaded.scorer.named(entry.question, entry.answer)
    return f"{entry.course}/{entry.id}" if known is None and loaded.takes_new else known
