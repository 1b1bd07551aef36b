"""Kill the bot with SIGKILL at random moments under load, start it again, and count what was lost or done twice.

    python tests/faults/kill_at_random.py [--times 20] [--seed 0]

The load does not stop while the bot is dead. Prints a row of the table of faults; exits with 1 if anything that
Telegram was told was received is not on disk, or a question or vote is recorded other than once, or an answer missing.
"""

import argparse
import asyncio
import contextlib
import random
import sqlite3
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import world
from world import BotApi, Json, Sent, World

from data import upkeep
from data.store import Store

OPEN = 40  # questions that wait for an answer at any time
QUESTIONS_EACH = 5  # of one person, so that no limit of a person's rate is met
AT_START = 0.2  # share of the kills that fall while the bot starts
LIFE_S = 1.0  # the most from the first request for updates, or from the start, to the kill
START_S = 60.0
VOTES = 0.3
SETTLE_S = 120.0


class Telegram(BotApi):
    """Looks, whenever updates are confirmed, whether they are on disk by then, and counts the answers."""

    def __init__(self, known: World) -> None:
        super().__init__()
        self._db = sqlite3.connect(known.db, timeout=30)
        self.unwritten: set[int] = set()
        self.answers: Counter[tuple[int, int]] = Counter()  # by chat and the message that is answered
        self.new: list[Sent] = []
        self.polls = 0

    async def answer(self, token: str, method: str, params: Json) -> tuple[int, bytes] | None:
        self.polls += method == "getUpdates"
        told = [known for known in self.unconfirmed() if method == "getUpdates" and known < params.get("offset", 0)]
        if told:
            on_disk = {update for (update,) in self._db.execute("select update_id from inbox")}
            self.unwritten |= set(told) - on_disk
        return await super().answer(token, method, params)

    async def next_poll(self) -> None:
        """Wait until somebody asks for updates."""
        polls = self.polls
        await self.wait_until(lambda: self.polls > polls, START_S)

    def message_of(self, update: int) -> int:
        """The number of a message that was just sent, in its chat."""
        number: int = self._updates[update]["message"]["message_id"]
        return number

    def _show(self, sent: Sent) -> Json:
        if sent.method == "sendMessage" and sent.reply_to is not None:
            self.answers[sent.chat_id, sent.reply_to] += 1
            self.new.append(sent)
        return super()._show(sent)


class Crowd:
    """People who ask, and who sometimes vote for what they are told."""

    def __init__(self, api: Telegram, chance: random.Random) -> None:
        self._api = api
        self._chance = chance
        self.asked: dict[tuple[int, int], int] = {}  # update by chat and message
        self.votes: dict[int, tuple[int, int]] = {}  # the question by update

    @property
    def open(self) -> int:
        """How many questions wait for their answer."""
        return len(self.asked.keys() - self._api.answers.keys())

    async def keep_busy(self) -> None:
        """Ask whenever few questions are open."""
        while True:
            self.vote()
            while self.open < OPEN:
                self.ask()
            await asyncio.sleep(0.02)

    def ask(self) -> None:
        """Let somebody ask one question."""
        n = len(self.asked)
        person = 1000 + n // QUESTIONS_EACH
        update = self._api.send_text(person, world.question(n))
        self.asked[person, self._api.message_of(update)] = update

    def vote(self) -> None:
        """Let some of those who were answered vote, each for the first copy of an answer."""
        for sent in self._api.new:
            assert sent.reply_to is not None
            key = (sent.chat_id, sent.reply_to)
            if sent.buttons and key not in self.votes.values() and self._chance.random() < VOTES:
                self.votes[self._api.press(sent.chat_id, sent, "👍")] = key
        self._api.new.clear()


@dataclass(frozen=True)
class Verdict:
    """What the store and the server say in the end."""

    kills: int
    updates: int
    unwritten: int
    unrecorded: int
    twice_recorded: int
    unanswered: int
    twice_sent: int
    damage: int

    @property
    def lost(self) -> int:
        return self.unwritten + self.unrecorded + self.unanswered + self.damage

    def row(self) -> str:
        """The row of the table: fault, trials, updates, lost, recorded twice, sent twice."""
        counts = (self.kills, self.updates, self.lost, self.twice_recorded, self.twice_sent)
        return f"| kill -9 at random | {' | '.join(map(str, counts))} |"


async def kill(times: int, chance: random.Random, folder: Path) -> Verdict:
    """Run the whole trial."""
    known = world.make(folder)
    async with Telegram(known) as api:
        crowd = Crowd(api, chance)
        load = asyncio.create_task(crowd.keep_busy())
        await world.warm_up()
        for _ in range(times):
            bot = world.start(known, api)
            if chance.random() >= AT_START:
                await api.next_poll()
            await asyncio.sleep(chance.uniform(0, LIFE_S))
            bot.kill()
            await asyncio.to_thread(bot.join)
        load.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await load
        bot = world.start(known, api)
        with contextlib.suppress(TimeoutError):
            await api.wait_until(lambda: not crowd.open and settled(known, api), SETTLE_S)
        bot.terminate()
        await asyncio.to_thread(bot.join)
        return judge(known, api, crowd, times)


def settled(known: World, api: Telegram) -> bool:
    """Whether nothing waits any more, at Telegram, in the inbox or in the outbox."""
    states = "select state from inbox union all select state from outbox"
    waiting = known.rows(f"select count(*) from ({states}) where state = 'waiting'")
    return not api.unconfirmed() and waiting == [(0,)]


def judge(known: World, api: Telegram, crowd: Crowd, kills: int) -> Verdict:
    """Compare what was sent with what is recorded and what came back."""
    refs = Counter(ref for (ref,) in known.rows("select ref from questions"))
    wanted = [f"telegram:{update}" for update in crowd.asked.values()]
    votes = known.rows("select count(*) from feedback where vote = 'up'")[0][0]
    with Store(known.db, create=False) as store:
        damage = store.read(upkeep.check).errors
    return Verdict(
        kills=kills,
        updates=len(crowd.asked) + len(crowd.votes),
        unwritten=len(api.unwritten),
        unrecorded=sum(ref not in refs for ref in wanted) + max(0, len(crowd.votes) - votes),
        twice_recorded=sum(refs.values())
        - len(refs)
        + len(refs.keys() - set(wanted))
        + max(0, votes - len(crowd.votes)),
        unanswered=crowd.open,
        twice_sent=sum(n - 1 for key, n in api.answers.items() if key in crowd.asked),
        damage=len(damage),
    )


def main() -> None:
    """Run, print, and say by the exit code whether all is well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        verdict = asyncio.run(kill(arguments.times, random.Random(arguments.seed), Path(folder)))
    print(verdict)
    print("| fault | trials | updates | lost | recorded twice | sent twice |\n|---|---|---|---|---|---|")
    print(verdict.row())
    sys.exit(1 if verdict.lost or verdict.twice_recorded else 0)


if __name__ == "__main__":
    main()
