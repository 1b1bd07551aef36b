"""Who may do what on Telegram: admins invite and dismiss, teachers look and undo, students neither."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from bot_api import BotApi
from catalogues import EN, ZH
from small_course import read, rows
from sqlite_utils import Database

from bot.app import serving
from bot.service import Tutor
from bot.settings import Settings
from data import importing, people
from data.entries import entries
from data.store import Store

ADMIN, ADA, BOB = 1, 7, 8
LINK = re.compile(r"https://t\.me/test_bot\?start=(invite-[A-Za-z0-9_-]{1,57})$")


@pytest_asyncio.fixture(autouse=True)
async def bot(api: BotApi, course: Store, tutor: Tutor) -> AsyncIterator[None]:
    """The bot with one admin."""
    settings = Settings(api.token, api.base_url, api.base_file_url, frozenset({ADMIN}))
    async with serving(settings, tutor, course):
        yield


async def say(api: BotApi, user: int, text: str, **profile: str) -> str:
    api.send_text(user, text, **profile)
    return read(await api.next_sent(user))


async def invited(api: BotApi, course: str = "ml", name: str = "Ada Lovelace") -> str:
    """What the link of a new invitation sends to the bot."""
    found = LINK.search(await say(api, ADMIN, f"/invite {course} {name}"))
    assert found
    return f"/start {found[1]}"


def change(store: Store, *rows: str) -> int | None:
    """Import rows as a maintainer; return the number of the change."""
    path = store.path.with_name("qa.csv")
    path.write_text("course,id,question,answer\n" + "".join(f"{row}\n" for row in rows))
    return store.write(lambda db: importing.apply(db, importing.plan(db, path)))


def answer(store: Store, id_: str) -> str:
    return next(entry.answer for entry in store.read(entries, live=False) if entry.id == id_)


async def test_an_invited_person_becomes_a_teacher_of_the_course(api: BotApi, course: Store) -> None:
    assert await say(api, ADA, await invited(api)) == (f"{EN.joined.format(course='Machine learning')}\n\n{EN.privacy}")
    (line,) = rows(course, "select course, name from teachers")
    assert line == {"course": "ml", "name": "Ada Lovelace"}
    shown = await say(api, ADA, "/teachers")
    assert re.fullmatch(r"1\. Ada Lovelace: ml, since 20\d\d-\d\d-\d\d", shown)
    assert await say(api, ADMIN, "/teachers") == shown


async def test_a_link_works_once_and_other_payloads_not_at_all(api: BotApi, course: Store) -> None:
    link = await invited(api)
    await say(api, ADA, link)
    for text in (link, "/start invite-", f"/start invite-{'x' * 22}", f"/start invite-{'x' * 4000}", f"{link}x"):
        assert await say(api, BOB, text) == EN.no_invitation
    assert len(rows(course, "select * from teachers")) == 1


async def test_a_student_may_do_none_of_it(api: BotApi, course: Store) -> None:
    change(course, "ml,lr,Q?,A.")
    await say(api, ADA, await invited(api))
    for text in ("/teachers", "/undo", "/undo 1", "/invite ml me", "/dismiss 1"):
        assert await say(api, BOB, text) == EN.not_allowed
    assert await say(api, BOB, "/invite", language_code="zh") == ZH.not_allowed
    assert answer(course, "lr") == "A."
    assert len(rows(course, "select * from teachers")) == len(rows(course, "select * from invitations")) == 1


async def test_a_teacher_may_not_do_what_an_admin_may(api: BotApi, course: Store) -> None:
    await say(api, ADA, await invited(api))
    for text in ("/invite ml me", "/dismiss 1"):
        assert await say(api, ADA, text) == EN.not_allowed
    assert len(rows(course, "select * from teachers")) == 1


async def test_a_teacher_sees_and_undoes_changes_of_their_course_alone(api: BotApi, course: Store) -> None:
    before = answer(course, "lr")
    await say(api, ADA, await invited(api))
    own, other = change(course, "ml,lr,Q?,New."), change(course, "zh,transfer,Q?,A.")
    assert await say(api, ADA, f"/undo {other}") == EN.not_undone.format(number=other)
    both = change(course, "ml,batch,Q?,B.", "zh,overfit,Q?,B.")
    shown = await say(api, ADA, "/undo")
    assert shown.splitlines()[0].startswith(f"{own}. ")
    assert shown.endswith(f"1 answers: qa.csv: 0 added, 1 changed, 0 retired\n\n{EN.undo_usage}")
    assert await say(api, ADA, f"/undo {both}") == EN.not_undone.format(number=both)
    assert await say(api, ADA, f"/undo {own}") == EN.undone.format(number=own, entries=1)
    assert answer(course, "lr") == before
    assert await say(api, ADA, f"/undo {own}") == EN.not_undone.format(number=own)
    assert (answer(course, "transfer"), answer(course, "batch")) == ("A.", "B.")


async def test_an_admin_undoes_every_change_and_is_named_in_the_log(api: BotApi, course: Store, tutor: Tutor) -> None:
    both = change(course, "ml,batch,Q?,B.", "zh,overfit,Q?,B.")
    assert await say(api, ADMIN, f"/undo {both}") == EN.undone.format(number=both, entries=2)
    (undone,) = rows(course, "select actor, undoes from changes where action = 'undo'")
    assert undone == {"actor": tutor.person(f"telegram:{ADMIN}"), "undoes": both}


@pytest.mark.parametrize("number", ["x", "-1", "²", "9" * 18, "9" * 400, "1;2"])
async def test_what_is_no_change_and_no_teacher_is_said_so(api: BotApi, number: str) -> None:
    assert await say(api, ADMIN, f"/undo {number}") == EN.not_undone.format(number=number[:20])
    assert await say(api, ADMIN, f"/dismiss {number}") == EN.no_such_teacher


async def test_a_dismissed_teacher_is_a_student_again(api: BotApi, course: Store) -> None:
    await say(api, ADA, await invited(api))
    assert await say(api, ADMIN, "/dismiss 1") == EN.dismissed.format(name="Ada Lovelace", course="ml")
    assert await say(api, ADA, "/teachers") == EN.not_allowed
    assert await say(api, ADMIN, "/teachers") == EN.no_teachers
    assert await say(api, ADMIN, "/dismiss 1") == EN.no_such_teacher


async def test_an_invitation_without_a_known_course_says_how_it_goes(api: BotApi, course: Store) -> None:
    usage = EN.invite_usage.format(courses="ml, zh", limit=60)
    for text in ("/invite", "/invite old", f"/invite ml {'x' * 61}"):
        assert await say(api, ADMIN, text) == usage
    assert rows(course, "select * from invitations") == []


async def test_nothing_changed_is_said_so(api: BotApi) -> None:
    assert await say(api, ADMIN, "/undo") == EN.no_changes


async def test_many_teachers_are_listed_in_several_messages(api: BotApi, course: Store) -> None:
    def fill(db: Database) -> None:
        for person in map(str, range(45)):
            people.meet(db, person)
            sql = "insert into teachers (person, course, name, since) values (?, 'ml', ?, '2026-01-01')"
            db.execute(sql, [person, "x" * 60])

    course.write(fill)
    parts = [await say(api, ADMIN, "/teachers")] + [read(await api.next_sent(ADMIN)) for _ in range(2)]
    assert [len(part.splitlines()) for part in parts] == [20, 20, 5]


async def test_no_code_is_left_in_the_store_once_it_was_sent(api: BotApi, course: Store) -> None:
    code = (await invited(api)).removeprefix("/start invite-")
    await api.wait_until(lambda: not rows(course, "select * from outbox"))
    kept = [
        list(row.values())
        for table in ("inbox", "invitations", "changes")
        for row in rows(course, f"select * from {table}")
    ]
    assert code not in str(kept)
