"""What teachers are told unasked: new questions for a teacher, entries that expire soon, and the week in a picture.

Each is a notice with a key of its own, so it comes once, whatever happens in between.
"""

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from sqlite_utils import Database

from bot.grouping import grouped
from bot.queue import WORDING_CHARS, buttons
from bot.replies import Action
from bot.routing import Routed, named, routed
from bot.service import Tutor
from bot.teacher_pictures import by_day, by_topic
from bot.texts import texts_for
from bot.texts.teaching import TeachingTexts
from data import notices, people, queue, roles, topics, wishes
from data.entries import find_course, today
from data.errors import StoreError
from data.figures import figures
from data.queue import Cluster, Waiting
from data.records import iso

EVERY_S = 5.0
TURNS = 720  # of these, after which the hourly work is done again
NEW_MIN = 15  # an escalation that is older waits in the queue; who unmutes is not flooded
WARN_DAYS = 7
WEEK_DAYS = 7
DIGEST_HOUR = 7  # of Monday, UTC
CLUSTERS = 5

logger = logging.getLogger(__name__)


async def telling(tutor: Tutor, admins: Collection[str]) -> None:
    """Tell teachers what is new for as long as the bot runs; `admins` are pseudonyms, who may see every course."""
    turn = 0
    while True:
        try:
            if await tutor.read(_untold):
                await tutor.write(tell_of_escalations, await routed(tutor, await tutor.read(_fresh)))
            if turn % TURNS == 0:
                await tutor.write(warn_of_expiry)
                at = datetime.now(UTC)
                if at.weekday() == 0 and at.hour >= DIGEST_HOUR:
                    await send_digests(tutor, admins, at.date())
        except StoreError as error:
            logger.error("teachers are told later: %s", error)
        turn += 1
        await asyncio.sleep(EVERY_S)


def tell_of_escalations(db: Database, topics_of: Mapping[int, Routed] | None = None) -> int:
    """Tell the teachers of a course, unless they muted it, what a student has just asked a teacher; return how many.

    `topics_of`: the topics of questions, by number. Who took the topic is told alone; where nobody did, all are.
    """
    told = 0
    for one in _fresh(db):
        topic = (topics_of or {}).get(one.question)
        course_teachers = wishes.to_be_told(db, one.course)
        teachers = topics.those_who_took(db, one.course, topic.topic, course_teachers) if topic else course_teachers
        found = Cluster(queue.keep_cluster(db, [one.question], one.course), one.course, (one,))
        title = find_course(db, one.course).title
        for teacher in teachers:
            catalogue = texts_for(people.language(db, teacher))
            texts = catalogue.teaching
            lead = texts.queue_new.format(course=title, text=one.shown[:WORDING_CHARS])
            lead += f"\n\n{named(topic, catalogue)}" if topic else ""
            rows = [[(choice.label, choice.action.encode()) for choice in row] for row in buttons(found, texts)]
            notices.put(db, teacher, lead, key=f"escalated:{one.question}:{teacher}", choices=rows)
            told += 1
    return told


def warn_of_expiry(db: Database) -> None:
    """Tell the teachers of a course, once, that an entry is no longer shown after a day of the coming week."""
    until = (date.fromisoformat(today()) + timedelta(days=WARN_DAYS)).isoformat()
    sql = """select key, course, question, expires_on from entries
             where retired_at is null and expires_on between ? and ? order by expires_on, key"""
    every = roles.teachers(db)
    for row in list(db.query(sql, [today(), until])):
        for teacher in (t.person for t in every if t.course == row["course"]):
            texts = texts_for(people.language(db, teacher)).teaching
            title = find_course(db, row["course"]).title
            lead = texts.expires_soon.format(question=row["question"][:300], course=title, date=row["expires_on"])
            key = f"expires:{row['key']}:{row['expires_on']}:{teacher}"
            notices.put(db, teacher, lead, key=key, choices=[[(texts.mend, Action("t_pick", 0, row["key"]).encode())]])


async def send_digests(tutor: Tutor, admins: Collection[str], on: date) -> None:
    """Send the week's pictures of each course to those who want them, once in the week of this day."""
    week = "-".join(map(str, on.isocalendar()[:2]))
    known = [course.id for course in await tutor.courses()]
    for person, own in (await tutor.read(wishes.digest_readers, admins)).items():
        for course in (c for c in known if own is None or c in own):
            key = f"digest:{week}:{person}:{course}"
            if not await tutor.read(notices.is_known, f"{key}:1"):
                texts = texts_for(await tutor.read(people.language, person)).teaching
                pictures = await drawn(tutor, course, WEEK_DAYS, texts)
                for i, (lead, picture) in enumerate(pictures, 1):
                    name = f"week-{course}-{i}.png"
                    await tutor.write(notices.put, person, lead, key=f"{key}:{i}", file=(name, picture))


async def drawn(tutor: Tutor, course: str, days: int, texts: TeachingTexts) -> Sequence[tuple[str, bytes]]:
    """Return a course's last days as two pictures, each with what to say above it; none where nobody asked."""
    counted = await tutor.read(figures, course, days)
    if not counted.questions:
        return []
    groups = await grouped(tutor, [course])
    clusters = [(group[0].shown, len({one.person or one.question for one in group})) for group in groups[:CLUSTERS]]
    title = (await tutor.read(find_course, course)).title
    pictures = await asyncio.to_thread(lambda: (by_day(counted, texts), by_topic(counted, clusters, texts)))
    lead = texts.digest_lead.format(course=title, questions=counted.questions, waiting=len(groups), days=days)
    return list(zip((lead, texts.stats_topics.format(course=title)), pictures, strict=True))


def _fresh(db: Database) -> list[Waiting]:
    """Return what teachers are to be told of."""
    fresh = set(_untold(db))
    return [one for one in queue.waiting(db) if one.question in fresh]


def _untold(db: Database) -> list[int]:
    """Return the questions that went to a teacher in the last minutes and of which nobody was told."""
    since = iso(datetime.now(UTC) - timedelta(minutes=NEW_MIN))
    sql = """select question from escalations e where closed_at is null and created_at >= ? and not exists
             (select 1 from notices n where n.key >= 'escalated:' || e.question || ':'
              and n.key < 'escalated:' || e.question || ';')"""
    return [row["question"] for row in db.query(sql, [since])]
