"""/privacy, /export and /forget on Telegram, as a student has them."""

import json

import pytest
from bot_api import BotApi, Sent
from catalogues import EN, ZH
from small_course import SURE, labels, read, rows, running, told

from bot.service import Tutor
from data.privacy import note_learned
from data.retention import set_retention
from data.store import Store

STUDENT = 7


async def say(api: BotApi, text: str, user: int = STUDENT, **profile: str) -> Sent:
    api.send_text(user, text, **profile)
    return await api.next_sent(user)


async def press(api: BotApi, message: Sent, button: str, user: int = STUDENT) -> Sent:
    api.press(user, message, button)
    return await api.next_sent(user)


def left(store: Store, *parts: str) -> list[str]:
    """Return the cells of the store in which one of the parts stands."""
    tables = store.read(lambda db: db.table_names())
    cells = [str(cell) for name in tables for row in rows(store, f"select * from {name}") for cell in row.values()]
    return [cell for cell in cells if any(part in cell for part in parts)]


@pytest.mark.usefixtures("app")
async def test_privacy_says_what_is_kept_why_and_for_how_long(api: BotApi, course: Store, tutor: Tutor) -> None:
    said = read(await say(api, "/privacy"))
    assert tutor.person(f"telegram:{STUDENT}") in said
    assert EN.kept_until_forgotten in said
    course.write(set_retention, "ml", 90)
    assert "Machine learning: 90 days; 机器学习: until you say /forget" in read(await say(api, "/privacy"))
    course.write(set_retention, None, 90)
    assert ZH.kept_days.format(days=90) in read(await say(api, "/privacy", language_code="zh"))
    assert rows(course, "select * from people") == []  # to ask makes nobody known


@pytest.mark.usefixtures("app")
async def test_export_sends_everything_as_a_file(api: BotApi) -> None:
    await say(api, SURE)
    sent = await say(api, "/export")
    assert sent.text == EN.exported
    assert sent.file is not None
    name, content = sent.file
    assert name == "my-data.json"
    assert json.loads(content)["questions"][0]["text"] == SURE
    assert "\n  " in content.decode()  # to be read


@pytest.mark.usefixtures("app")
async def test_one_person_is_sent_nothing_of_another(api: BotApi) -> None:
    await say(api, SURE)
    assert read(await say(api, "/export", user=8)) == EN.nothing_kept


@pytest.mark.usefixtures("app")
async def test_forget_removes_everything_once_it_is_confirmed(api: BotApi, course: Store, tutor: Tutor) -> None:
    person = tutor.person(f"telegram:{STUDENT}")
    await say(api, SURE, first_name="Annabel")
    await say(api, SURE, user=8)
    course.write(note_learned, "0007", [person])
    ask = await say(api, "/forget")
    assert read(ask) == EN.forget_ask
    assert labels(ask) == [[EN.forget_yes], [EN.forget_no]]
    done = read(await press(api, ask, EN.forget_yes))
    assert EN.forget_done.format(questions=1, reactions=0, messages=0) in done
    assert "0007" in done
    assert EN.forget_backups in done
    await api.wait_until(lambda: told(api, "editMessageReplyMarkup"))  # the buttons go
    assert len(rows(course, "select * from questions")) == 1
    assert read(await say(api, "/export")) == EN.nothing_kept
    assert left(course, person, "Annabel") == []


@pytest.mark.usefixtures("app")
async def test_nothing_goes_without_a_yes(api: BotApi, course: Store) -> None:
    await say(api, SURE)
    ask = await say(api, "/forget")
    assert read(await press(api, ask, EN.forget_no)) == EN.forget_kept
    assert len(rows(course, "select * from questions")) == 1


async def test_the_button_works_after_a_restart(api: BotApi, course: Store, tutor: Tutor) -> None:
    async with running(api, course, tutor):
        await say(api, SURE)
        ask = await say(api, "/forget")
    async with running(api, course, tutor):
        assert "1 questions" in read(await press(api, ask, EN.forget_yes))
        assert rows(course, "select * from questions") == []


async def test_who_was_forgotten_can_ask_again_as_somebody_new(api: BotApi, course: Store, tutor: Tutor) -> None:
    async with running(api, course, tutor):
        await say(api, SURE)
        await press(api, await say(api, "/forget"), EN.forget_yes)
        await say(api, SURE)
    assert len(rows(course, "select * from questions")) == 1


async def test_the_bot_applies_retention_when_it_starts(api: BotApi, course: Store, tutor: Tutor) -> None:
    async with running(api, course, tutor):
        await say(api, SURE)
    course.write(lambda db: db.execute("update questions set asked_at = '2020-01-01T00:00:00.000Z'"))
    course.write(set_retention, None, 30)
    course.write(lambda db: db.execute("delete from settings where key = 'retained_on'"))
    async with running(api, course, tutor):
        await say(api, "/help")
        await say(api, "/help")
        await api.wait_until(lambda: not rows(course, "select * from questions"))
