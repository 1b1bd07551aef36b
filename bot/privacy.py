"""What a person can do with what is kept about them, in every front end alike; and the daily retention."""

import asyncio
import json
import logging

from bot.replies import Action, Choice, Reply
from bot.service import Tutor
from bot.texts import Texts
from data.errors import StoreError
from data.retention import in_force, retentions

EVERY_S = 3600.0  # how often to see whether retention is due

logger = logging.getLogger(__name__)


async def explained(tutor: Tutor, person: str, texts: Texts) -> str:
    """Return what is kept, why, and for how long where the person asks."""
    days, chosen = await tutor.read(retentions), await tutor.course_of(person)
    courses = [chosen] if chosen else await tutor.courses()
    by_course = {course.title: in_force(days, course.id) for course in courses}
    if len(set(by_course.values())) <= 1:
        kept = _term(next(iter(by_course.values()), 0), texts)
    else:
        kept = "; ".join(f"{title}: {_term(n, texts)}" for title, n in by_course.items())
    return texts.privacy_long.format(person=person, term=kept)


async def exported(tutor: Tutor, person: str) -> str | None:
    """Return everything that is kept about the person as JSON to read; None if that is nothing."""
    known = await tutor.known(person)
    return json.dumps(known, indent=2, ensure_ascii=False) if known else None


def asked_to_confirm(texts: Texts) -> Reply:
    """Return the question whether to remove everything."""
    yes, no = Choice(texts.forget_yes, Action("forget")), Choice(texts.forget_no, Action("keep"))
    return Reply(texts.forget_ask, rows=((yes,), (no,)))


async def decided(
    tutor: Tutor, person: str, action: Action, texts: Texts, *, handling: int | None = None, typed: bool = False
) -> Reply:
    """Do what the person decided; see Tutor.forget."""
    if action.verb != "forget":
        return Reply(texts.forget_kept)
    gone = await tutor.forget(person, handling=handling, typed=typed)
    if not any(gone.counts.values()):
        return Reply(texts.nothing_kept)
    said = [texts.forget_done.format(**{name: gone.counts[name] for name in ("questions", "reactions", "messages")})]
    if gone.versions:
        said.append(texts.forget_versions.format(versions=", ".join(gone.versions)))
    if gone.alike:
        said.append(texts.forget_alike)
    return Reply("\n\n".join([*said, texts.forget_backups]))


async def retaining(tutor: Tutor) -> None:
    """Apply retention once a day, for as long as the bot runs."""
    while True:
        try:
            counts = await tutor.retain()
            if any(counts.values()):
                logger.info("retention: %s", ", ".join(f"{n} {kind}" for kind, n in counts.items()))
        except StoreError as error:
            logger.error("retention is tried again in an hour: %s", error)
        await asyncio.sleep(EVERY_S)


def _term(days: int, texts: Texts) -> str:
    return texts.kept_days.format(days=days) if days else texts.kept_until_forgotten
