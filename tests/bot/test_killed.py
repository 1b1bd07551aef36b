"""kill -9 at every step from receiving an update to its answer: nothing is lost, and nothing is recorded twice."""

import asyncio
import time
from collections import Counter
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import dying
import pytest
import tiny
from bot_api import BotApi, Json
from catalogues import EN
from small_course import LR, SURE, message, read, rows, running

from bot.in_work import MAX_ENDS
from bot.inbox import Inbox
from bot.service import Tutor
from data import upkeep
from data.store import Store

WORK = ("receive", "record_question", "vote", "escalate", "finish", "sending", "sent")
STEPS = [f"{when} {work}" for work in WORK for when in ("before", "within", "after")]
STEPS = [step for step in STEPS if step not in ("within sending", "before vote", "before escalate", "before sent")]
NOTHING_SENT_YET = (
    "receive",
    "record_question",
    "finish",
    "before sending",
)  # else a message is on its way to somebody
PEOPLE = (21, 22, 23)
START_S = 60.0


async def ended(process: ForkServerProcess) -> int | None:
    await asyncio.to_thread(process.join, START_S)
    return process.exitcode


def quiet(api: BotApi, store: Store) -> bool:
    """Whether nothing waits any more, at Telegram, in the inbox or in the outbox."""
    waits = "select 1 from inbox where state <> 'done' union all select 1 from outbox"
    return not api.unconfirmed() and not rows(store, waits)


def press(user: int, data: str) -> Json:
    sender = {"id": user, "is_bot": False, "first_name": "Ada", "language_code": "en"}
    return {"callback_query": {"id": data, "from": sender, "chat_instance": "1", "data": data}}


async def react(api: BotApi, bot: ForkServerProcess) -> bool:
    """One of the people votes and asks for a teacher as soon as there is an answer; False if the bot dies first."""
    while not (first := [sent for sent in api.sent if sent.chat_id == PEOPLE[0]]):
        if not bot.is_alive():
            return False
        await asyncio.sleep(0.02)
    vote = str(first[0].buttons[0][0].callback_data)
    for data in (vote, f"t:{vote.split(':')[1]}:0"):
        api.send_update(press(PEOPLE[0], data))
    return True


@pytest.mark.parametrize("step", STEPS)
async def test_a_bot_that_is_killed_at_a_step_loses_and_repeats_nothing(step: str, tmp_path: Path) -> None:
    models = tmp_path / "models"
    with Store(tmp_path / "tutor.db") as store:
        dying.fill(store, models)
        async with BotApi(max_wait_s=0.2) as api:
            killed = dying.start(store.path, models, api.base_url, step)
            asked = [api.send_text(user, tiny.topics()[i].question) for i, user in enumerate(PEOPLE)]
            reacted = await react(api, killed)
            assert await ended(killed) == -9
            known = {row["update_id"] for row in rows(store, "select update_id from inbox")}
            assert set(asked) <= known | set(api.unconfirmed())
            heir = dying.start(store.path, models, api.base_url)
            assert reacted or await react(api, heir)
            await api.wait_until(lambda: quiet(api, store), timeout_s=START_S)
            heir.terminate()
            assert await ended(heir) == 0
        refs = [row["ref"] for row in rows(store, "select ref from questions")]
        assert sorted(refs) == sorted(f"telegram:{update}" for update in asked)
        assert [row["vote"] for row in rows(store, "select vote from feedback")] == ["up"]
        assert len(rows(store, "select * from escalations")) == 1
        answered = [sent.chat_id for sent in api.sent if sent.reply_to is not None]
        assert set(answered) == set(PEOPLE)
        assert len(answered) == len(PEOPLE) or not step.endswith(NOTHING_SENT_YET)
        assert max(Counter(answered).values()) <= 2
        assert store.read(upkeep.check).errors == ()


async def test_an_update_that_kills_each_process_is_set_aside_and_those_beside_it_are_answered(tmp_path: Path) -> None:
    models = tmp_path / "models"
    with Store(tmp_path / "tutor.db") as store:
        dying.fill(store, models)
        async with BotApi(max_wait_s=0.2) as api:
            deadly = api.send_text(20, f"{dying.DEADLY} {tiny.topics()[0].question}")
            asked = [api.send_text(user, tiny.topics()[i].question) for i, user in enumerate(PEOPLE)]
            for _ in range(MAX_ENDS):
                assert await ended(dying.start(store.path, models, api.base_url)) == -9
            heir = dying.start(store.path, models, api.base_url)
            await api.wait_until(lambda: {sent.chat_id for sent in api.sent} == {20, *PEOPLE}, timeout_s=START_S)
            heir.terminate()
            assert await ended(heir) == 0
        (row,) = rows(store, "select update_id, state, error from inbox where state <> 'done'")
        assert row == {
            "update_id": deadly,
            "state": "failed",
            "error": f"the process ended {MAX_ENDS} times while this was handled",
        }
        assert [sent.text for sent in api.sent if sent.chat_id == 20] == [EN.failed]
        refs = [row["ref"] for row in rows(store, "select ref from questions")]
        assert sorted(refs) == sorted(f"telegram:{update}" for update in asked)
        assert list(Path(f"{store.path}.in-work").iterdir()) == []


async def test_processes_killed_from_outside_one_soon_after_the_other_lay_no_blame_on_an_update(
    api: BotApi, course: Store, tutor: Tutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.delivery.LAST_TRY_AFTER_S", 1.5)
    await Inbox(course).receive([message(1, SURE), message(2, SURE, user=8)])
    folder = Path(f"{course.path}.in-work")
    folder.mkdir()
    (folder / "1").write_text(f"{MAX_ENDS - 2}+")
    begun = time.monotonic()
    async with running(api, course, tutor):
        assert (await api.next_sent(timeout_s=10)).chat_id == 8  # nobody else waits
        assert (folder / "1").read_text() == str(MAX_ENDS - 1)
        assert LR in read(await api.next_sent(7, timeout_s=10))
        assert time.monotonic() - begun >= 1.5
    assert list(folder.iterdir()) == []
