"""Work through what waits on disk: in order within a lane, lanes side by side, and only so much of it in memory.

A lane is a chat. Only the head of each lane is read, and only while a slot is free: whoever fills a lane fills the
disk, and takes nobody else's slot. Delays are measured on the monotonic clock.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Generic, Protocol, TypeVar

from data.errors import StoreError

POLL_S = 5.0  # how often to look for what another process put there
RETRY_S = 2.0  # when the store cannot be read or written
GATHER_S = 0.005  # between two looks: what ends meanwhile makes room at once

logger = logging.getLogger(__name__)


class Laned(Protocol):
    """What waits in the lane of a chat."""

    @property
    def chat(self) -> int:
        """Its lane."""


L = TypeVar("L", bound=Laned)

HEADS = """
with recursive lanes(chat) as (
    select min(chat) from {table} where state = 'waiting'
    union all
    select (select min(chat) from {table} where state = 'waiting' and chat > lanes.chat)
    from lanes where lanes.chat is not null
)
select t.* from lanes
join {table} t on t.{key} = (select min({key}) from {table} where state = 'waiting' and chat = lanes.chat)
where lanes.chat not in (select value from json_each(?))
order by t.{key} limit ?"""  # steps from lane to lane through the index: a long lane costs as much as a short one


class Lanes(Generic[L]):
    """Runs `work` on the head of each lane, at most `most` at a time.

    `heads(closed, limit)` gives the heads of lanes that are not closed, oldest first; `work` returns how many seconds
    its lane is to rest, 0 to go on at once. What it leaves on disk is taken again.
    """

    def __init__(
        self,
        heads: Callable[[Sequence[int], int], Awaitable[Sequence[L]]],
        work: Callable[[L], Awaitable[float]],
        most: int,
    ) -> None:
        self._heads = heads
        self._work = work
        self._most = most
        self._busy: dict[int, asyncio.Task[None]] = {}
        self._resting: dict[int, float] = {}  # chat: when it may go on
        self._awake = asyncio.Event()
        self._idle = asyncio.Event()

    def wake(self) -> None:
        """Look at once for what has come."""
        self._idle.clear()
        self._awake.set()

    async def run(self) -> None:
        """Work until it is cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            self._awake.clear()
            looked_at = clock()
            rest_s = await self._fill()
            if not self._busy and not self._awake.is_set():
                self._idle.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(rest_s):
                    await self._awake.wait()
            await asyncio.sleep(looked_at + GATHER_S - clock())

    def take_no_more(self) -> None:
        """Finish what is in work and leave the rest on disk."""
        self._most = 0
        self.wake()

    async def settle(self, patience_s: float) -> None:
        """Wait until nothing is in work and nothing more can be taken; what takes longer is cut off."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                await self._idle.wait()
        self._most = 0
        tasks = [*self._busy.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _fill(self) -> float:
        """Take what can be taken; return after how many seconds to look again."""
        now = asyncio.get_running_loop().time()
        self._resting = {chat: until for chat, until in self._resting.items() if until > now}
        free = self._most - len(self._busy)
        if free > 0:
            try:
                heads = await self._heads([*self._busy, *self._resting], free)
            except StoreError as error:
                logger.error("what waits cannot be read: %s", error)
                return RETRY_S
            for head in heads if self._most else ():
                self._idle.clear()
                self._busy[head.chat] = asyncio.create_task(self._one(head))
        return min([POLL_S, *(until - now for until in self._resting.values())])

    async def _one(self, head: L) -> None:
        rest_s = POLL_S
        try:
            rest_s = await self._work(head)
        except Exception:
            logger.exception("what waits in a lane could not be worked on; it is tried again")
        finally:
            del self._busy[head.chat]
            if rest_s > 0:
                self._resting[head.chat] = asyncio.get_running_loop().time() + rest_s
            self.wake()
