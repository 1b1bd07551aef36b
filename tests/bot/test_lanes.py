"""What waits on disk is worked off in order within a lane and fairly between lanes, with little of it in memory."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from small_course import message, rows

from bot.inbox import KEPT_MOST_RECENT, Inbox, Received
from bot.lanes import Lanes
from data.store import Store

Work = Callable[[Received], Awaitable[float]]


@asynccontextmanager
async def working(inbox: Inbox, work: Work, most: int) -> AsyncIterator[Lanes[Received]]:
    lanes = Lanes(inbox.heads, work, most)
    inbox.on_received = lanes.wake
    task = asyncio.create_task(lanes.run())
    try:
        yield lanes
        lanes.take_no_more()
        await lanes.settle(5.0)
    finally:
        task.cancel()


async def fill(inbox: Inbox, *lanes: tuple[int, int]) -> None:
    """Let each person send so many messages, one person after the other."""
    users = [user for user, count in lanes for _ in range(count)]
    await inbox.receive([message(i, "x", user) for i, user in enumerate(users, 1)])


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.005)


async def test_a_flood_of_one_person_keeps_nobody_waiting_and_stays_on_disk(store: Store) -> None:
    inbox, order, most_at_once, now = Inbox(store), list[int](), 0, set[int]()

    async def work(received: Received) -> float:
        nonlocal most_at_once
        now.add(received.update_id)
        most_at_once = max(most_at_once, len(now))
        await inbox.done(received.update_id, ())
        now.discard(received.update_id)
        order.append(received.chat)
        return 0.0

    await fill(inbox, (7, 300), (8, 1), (9, 1))
    async with working(inbox, work, most=4):
        await until(lambda: {8, 9} <= set(order))
        assert len(order) < 20
        await until(lambda: len(order) == 302)
    assert most_at_once == 3  # one for each person
    assert [row["state"] for row in rows(store, "select distinct state from inbox")] == ["done"]


async def test_only_so_many_people_are_served_at_once(store: Store) -> None:
    inbox, begun, go_on = Inbox(store), list[int](), asyncio.Event()

    async def work(received: Received) -> float:
        begun.append(received.chat)
        await go_on.wait()
        await inbox.done(received.update_id, ())
        return 0.0

    await fill(inbox, *((user, 1) for user in range(1, 11)))
    async with working(inbox, work, most=4):
        await until(lambda: len(begun) == 4)
        await asyncio.sleep(0.05)
        assert begun == [1, 2, 3, 4]  # who waits longest comes first
        go_on.set()
        await until(lambda: len(begun) == 10)


async def test_one_persons_updates_are_taken_in_order_whatever_order_they_came_in(store: Store) -> None:
    inbox, order = Inbox(store), list[int]()

    async def work(received: Received) -> float:
        order.append(received.update_id)
        await inbox.done(received.update_id, ())
        return 0.0

    for update_id in (5, 3, 9, 4):
        await inbox.receive([message(update_id, "x")])
    async with working(inbox, work, most=4):
        await until(lambda: len(order) == 4)
    assert order == [3, 4, 5, 9]


async def test_a_lane_rests_as_long_as_its_work_says_and_keeps_its_order(store: Store) -> None:
    inbox, tries = Inbox(store), list[int]()

    async def work(received: Received) -> float:
        tries.append(received.update_id)
        if tries.count(1) < 3:
            return 0.05
        await inbox.done(received.update_id, ())
        return 0.0

    await fill(inbox, (7, 2))
    async with working(inbox, work, most=4):
        await until(lambda: 2 in tries)
    assert tries == [1, 1, 1, 2]


async def test_work_that_fails_is_logged_and_stays_on_disk(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    inbox = Inbox(store)

    async def work(received: Received) -> float:
        raise ZeroDivisionError

    await fill(inbox, (7, 1))
    async with working(inbox, work, most=4):
        await until(lambda: "could not be worked on" in caplog.text)
    assert [row["state"] for row in rows(store, "select state from inbox")] == ["waiting"]


async def test_at_the_end_what_takes_too_long_is_cut_off_and_stays_on_disk(store: Store) -> None:
    inbox, begun = Inbox(store), asyncio.Event()

    async def work(received: Received) -> float:
        begun.set()
        await asyncio.sleep(60)
        return 0.0

    await fill(inbox, (7, 1), (8, 1))
    async with asyncio.timeout(30), working(inbox, work, most=1) as lanes:
        await begun.wait()
        lanes.take_no_more()
        await lanes.settle(0.05)
    assert [row["state"] for row in rows(store, "select state from inbox")] == ["waiting", "waiting"]


async def test_what_came_out_of_its_rest_is_waited_for_at_the_end(store: Store) -> None:
    inbox, tries = Inbox(store), list[int]()

    async def work(received: Received) -> float:
        tries.append(received.update_id)
        if len(tries) == 1:
            return 0.05  # then nothing is in work
        await asyncio.sleep(0.3)
        await inbox.done(received.update_id, ())
        return 0.0

    await fill(inbox, (7, 1))
    async with working(inbox, work, most=4) as lanes:
        await until(lambda: len(tries) == 2)
        await lanes.settle(30)
        assert rows(store, "select state from inbox") == [{"state": "done"}]


async def test_ids_are_kept_when_the_clock_jumps_and_forgotten_when_there_are_too_many(store: Store) -> None:
    inbox = Inbox(store)
    await fill(inbox, (7, 1))
    await inbox.done(1, ())
    store.write(lambda db: db.execute("update inbox set done_at = '1990-01-01T00:00:00Z'"))
    await inbox.prune()
    assert await inbox.receive([message(1, "x")]) == 0
    many = f"""with recursive n(i) as (select 2 union all select i + 1 from n where i <= {KEPT_MOST_RECENT})
               insert into inbox (update_id, state, received_at, done_at) select i, 'done', '', '1991' from n"""
    store.write(lambda db: db.execute(many))
    await inbox.prune()
    assert rows(store, "select min(update_id) as first, count(*) as n from inbox") == [
        {"first": 2, "n": KEPT_MOST_RECENT}
    ]
