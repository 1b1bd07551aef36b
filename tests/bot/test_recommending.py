"""A student is led to what there is to read, watch or do, each with its reason, or told that nothing fits."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest_asyncio
from bot_api import BotApi, Sent
from catalogues import EN, ZH
from small_course import BATCH, FOREIGN, LR, SURE, labels, read, rows, running

from bot.recommending import Recommending
from bot.service import Tutor
from bot.skills import Said
from data import practice, recommended
from data.recommended import Votes
from data.resources import Resource, put, resources, retire
from data.store import Store

T = EN.recommend
UP, DOWN = T.helped, T.not_helped
FILM = Resource(
    "ml", "film", "A film on learning rates", "https://example.org/film", "video", "beginner", 12, "en",
    "How large a step is, and when it is too large.", ("lr",),
)  # fmt: skip
BATCHES = Resource("ml", "batches", "Batches", "https://example.org/b", summary="Sizes compared.", entries=("batch",))
PENGUINS = Resource("ml", "penguins", "Penguins of the Antarctic", "https://example.org/p", summary="Their colonies.")
SHOWN = f"""{T.lead}

1. A film on learning rates
video · for beginners · 12 min · en
https://example.org/film
Because you asked about “{LR}”"""


@pytest_asyncio.fixture(autouse=True)
async def bot(api: BotApi, course: Store, tutor: Tutor) -> AsyncIterator[None]:
    """The bot with three resources and a student of the English course."""
    for resource in (FILM, BATCHES, PENGUINS):
        course.write(put, resource)
    async with running(api, course, tutor):
        await say(api, "/start course-ml")
        yield


async def say(api: BotApi, text: str, user: int = 7, **profile: str) -> Sent:
    api.send_text(user, text, **profile)
    return await api.next_sent(user, timeout_s=30)


async def press(api: BotApi, sent: Sent, button: str, user: int = 7) -> Sent:
    api.press(user, sent, button)
    return await api.next_sent(user, timeout_s=30)


async def test_under_an_answer_stands_a_button_that_leads_to_what_goes_with_it(api: BotApi, course: Store) -> None:
    answered = await say(api, SURE)
    assert [T.further] in labels(answered)
    shown = await press(api, answered, T.further)
    assert read(shown) == SHOWN
    assert labels(shown) == [[UP.format(n=1), DOWN.format(n=1)]]
    assert len(rows(course, "select * from recommended")) == 1


async def test_an_answer_with_which_nothing_goes_has_no_such_button(api: BotApi) -> None:
    assert [T.further] not in labels(await say(api, "When is the homework due?"))
    assert [T.further] not in labels(await say(api, FOREIGN))


async def test_what_is_chosen_and_what_has_no_answer_have_the_button_too(api: BotApi) -> None:
    chosen = await press(api, await say(api, "learning rate schedule"), LR)
    assert [T.further] in labels(chosen)
    assert read(await press(api, chosen, T.further)) == SHOWN
    unknown = await say(api, "penguins of the Antarctic and their colonies")
    assert [T.further] in labels(unknown)
    shown = read(await press(api, unknown, T.further))
    assert shown.endswith(f"1. Penguins of the Antarctic\nhttps://example.org/p\n{T.because_near}")


async def test_recommend_goes_by_what_was_asked_lately_and_missed_in_practice(
    api: BotApi, course: Store, tutor: Tutor
) -> None:
    assert read(await say(api, "/recommend")) == T.nothing_known
    await say(api, SURE)
    person = tutor.person("telegram:7")
    (batch,) = rows(course, "select key from entries where question = ?", BATCH)
    course.write(practice.review, person, batch["key"], "seven", "not yet", 0.1, None)
    shown = await say(api, "/recommend")
    assert f"Because you asked about “{LR}”" in read(shown)
    assert f"1. Batches\nhttps://example.org/b\n{T.because_practised.format(question=BATCH)}" in read(shown)
    assert labels(shown) == [[UP.format(n=i), DOWN.format(n=i)] for i in (1, 2)]


async def test_recommend_takes_a_topic_and_says_when_nothing_fits(api: BotApi) -> None:
    assert "A film on learning rates" in read(await say(api, "/recommend learning rates"))
    assert read(await say(api, f"/recommend {FOREIGN}")) == T.none
    assert read(await say(api, "/recommend ???")) == EN.no_words


async def test_a_vote_counts_and_what_was_judged_does_not_come_again(api: BotApi, course: Store) -> None:
    await say(api, SURE)
    shown = await say(api, "/recommend")
    assert read(await press(api, shown, DOWN.format(n=1))) == T.not_again
    assert read(await press(api, shown, UP.format(n=1))) == EN.thanks
    (film, *_) = course.read(resources)
    assert course.read(recommended.votes) == {film.key: Votes(1, 0)}
    assert read(await say(api, "/recommend")) == T.none


async def test_buttons_of_another_person_and_of_what_is_gone_do_nothing(api: BotApi, course: Store) -> None:
    answered = await say(api, SURE)
    shown = await press(api, answered, T.further)
    await say(api, "/start course-ml", user=8)
    assert read(await press(api, shown, UP.format(n=1), user=8)) == EN.gone
    assert read(await press(api, answered, T.further, user=8)) == EN.gone
    assert course.read(recommended.votes) == {}
    course.write(retire, [resource.key for resource in course.read(resources)])
    assert read(await press(api, answered, T.further)) == T.none


async def test_what_is_handled_again_says_the_same_and_is_recorded_once(
    api: BotApi, course: Store, tutor: Tutor
) -> None:
    await say(api, SURE)
    run = Recommending(tutor).skill.commands["recommend"].run
    said = Said(tutor.person("telegram:7"), EN, ref="telegram:99")
    first = await run(said)
    await say(api, BATCH)
    assert await run(said) == first
    assert len(rows(course, "select * from recommended")) == 1
    assert await run(replace(said, ref="telegram:100")) != first


async def test_chinese_reads_chinese(api: BotApi) -> None:
    await say(api, SURE, language_code="zh")
    shown = read(await say(api, "/recommend", language_code="zh"))
    assert ZH.recommend.because_asked.format(question=LR) in shown
    assert "视频 · 入门 · 12 分钟" in shown
