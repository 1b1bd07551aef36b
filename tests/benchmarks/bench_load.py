"""Many students at once: what the bot sustains, how long answers take, and how much memory it needs.

The real `python -m bot run` with the default encoder and the sample course, on the local Bot API server. Run:

    python tests/benchmarks/bench_load.py [--students 500] [--seconds 30] [--rate 15] [--soak 1800]
    python tests/benchmarks/bench_load.py --limit 60 80 100 120 [--students 500] [--seconds 30]

Three phases of `--seconds` each: every student has one question open (what is sustained); questions come at random,
`--rate` a second (how long an answer takes); the same while one person floods. `--soak` goes on at that rate for so
long. Server and students run in this process, on the same cores as the bot.

`--limit` shows what the bot's own process can do: its pace is lifted as for a Bot API server that takes more, questions
come at random at each of these rates, and the processor time of both processes is told.
"""

import argparse
import asyncio
import csv
import os
import platform
import random
import statistics
import sys
import tempfile
from asyncio.subprocess import Process
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from bot_api import BotApi, Json, Sent  # noqa: E402

from bot.smalltalk import kind_of  # noqa: E402

TELEGRAM_PER_S = 30  # messages that Telegram takes from a bot
FLOODER, FLOOD_BURST, FLOOD_PER_S = 999_999, 200, 20
WARM_UP = 0.2  # share of a phase that is not counted
START_S, SETTLE_S, SAMPLE_S = 300.0, 300.0, 10.0
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
UNPACED = "10000"  # messages a second
MAX_P95_S = 1.0
HEADER = "| | answered a second | p50 | p95 | p99 |\n|---|---|---|---|---|"


@dataclass
class Phase:
    """The questions asked between `start` and `end`: seconds from update to answer, and how many came until `end`."""

    start: float
    end: float
    taken: list[float] = field(default_factory=list)
    in_time: int = 0
    asked: int = 0  # also before `start`

    def note(self, asked: float, answered: float) -> None:
        """Count an answer."""
        self.in_time += self.start <= answered <= self.end
        if self.start <= asked <= self.end:
            self.taken.append(answered - asked)

    def quantile_s(self, percent: int) -> float:
        """Within how many seconds so many of a hundred were answered."""
        return statistics.quantiles(self.taken, n=100)[percent - 1]

    def row(self, name: str) -> str:
        """A row of the table."""
        times = (f"{1000 * self.quantile_s(percent):,.0f} ms" for percent in (50, 95, 99))
        return f"| {name} | {self.in_time / (self.end - self.start):.1f} | {' | '.join(times)} |"


class Telegram(BotApi):
    """Says, for each question, when it is answered."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: dict[tuple[int, int], Callable[[], None]] = {}

    def ask(self, person: int, text: str, answered: Callable[[], None]) -> None:
        """Send a question; `answered` is called at its first reply."""
        update = self.send_text(person, text)
        self.waiting[person, self._updates[update]["message"]["message_id"]] = answered

    def _show(self, sent: Sent) -> Json:
        message = super()._show(sent)
        self._unseen.clear()
        self.waiting.pop((sent.chat_id, sent.reply_to or 0), lambda: None)()
        return message


class Students:
    """Those who ask, and the one who floods."""

    def __init__(self, api: Telegram, count: int, chance: random.Random) -> None:
        self._api = api
        self._count = count
        self._chance = chance
        self._loop = asyncio.get_running_loop()
        self._next = 0
        with (ROOT / "data" / "sample" / "questions-test.csv").open(encoding="utf-8", newline="") as file:
            asked = [row["question"] for row in csv.DictReader(file)]
        self._questions = [text for text in asked if kind_of(text) is None]  # the others get no answer but a kind word

    async def without_pause(self, seconds: float) -> Phase:
        """Keep one question of every student open."""
        phase = self._phase(seconds)
        for person in range(1, self._count + 1):
            self._ask(person, phase, again=True)
        await asyncio.sleep(seconds)
        await self._settle()
        return phase

    async def at_random(self, rate: float, seconds: float, *, flood: bool = False) -> Phase:
        """Ask so many questions a second on average, one student after another, whether answers come or not."""
        phase = self._phase(seconds)
        flooding = asyncio.create_task(self._flood()) if flood else None
        due = self._loop.time()
        while due < phase.end:
            await asyncio.sleep(due - self._loop.time())
            self._next += 1
            self._ask(1 + self._next % self._count, phase)
            due += self._chance.expovariate(rate)
        if flooding is not None:
            flooding.cancel()
        await self._settle()
        return phase

    def _phase(self, seconds: float) -> Phase:
        now = self._loop.time()
        return Phase(now + WARM_UP * seconds, now + seconds)

    def _ask(self, person: int, phase: Phase, *, again: bool = False) -> None:
        asked = self._loop.time()
        phase.asked += 1

        def answered() -> None:
            phase.note(asked, self._loop.time())
            if again and self._loop.time() < phase.end:
                self._ask(person, phase, again=True)

        self._api.ask(person, self._chance.choice(self._questions), answered)

    async def _flood(self) -> None:
        sent = 0
        while True:
            self._api.send_text(FLOODER, self._chance.choice(self._questions))
            sent += 1
            await asyncio.sleep(1 / FLOOD_PER_S if sent > FLOOD_BURST else 0)

    async def _settle(self) -> None:
        async with asyncio.timeout(SETTLE_S):
            while self._api.waiting:
                await asyncio.sleep(0.1)


async def measure(options: argparse.Namespace, folder: Path) -> None:
    """Prepare, run every phase, and print."""
    environment = os.environ | {"TUTOR_DB": str(folder / "tutor.db"), "TUTOR_MODELS": str(folder / "models")}
    environment |= {"TUTOR_MESSAGES_PER_SECOND": UNPACED} if options.limit else {}
    for command in (("data", "sample"), ("bot", "ask", "What is overfitting?")):
        await (await _process(folder, environment, *command)).wait()
    async with Telegram() as api:
        urls = {"TELEGRAM_BASE_URL": api.base_url, "TELEGRAM_BASE_FILE_URL": api.base_file_url}
        bot = await _process(folder, environment | urls | {"TELEGRAM_BOT_TOKEN": api.token}, "bot", "run")
        try:
            ready = asyncio.Event()
            api.ask(FLOODER + 1, "What is overfitting?", ready.set)
            await asyncio.wait_for(ready.wait(), START_S)
            students = Students(api, options.students, random.Random(0))
            used = asyncio.create_task(_watch(bot))
            print(f"machine: {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
            if options.limit:
                await _limit(students, bot, options.limit, options.seconds)
            else:
                await _phases(students, options.students, options.seconds, options.rate, options.soak)
            used.cancel()
            with suppress(asyncio.CancelledError):
                await used
        finally:
            bot.terminate()
            await bot.wait()


async def _phases(students: Students, count: int, seconds: float, rate: float, soak_s: float) -> None:
    print(f"Telegram takes {TELEGRAM_PER_S} messages a second from a bot\n{HEADER}", flush=True)
    print((await students.without_pause(seconds)).row(f"{count} students, each with a question open"), flush=True)
    print((await students.at_random(rate, seconds)).row(f"{rate:g} questions a second"), flush=True)
    flooded = await students.at_random(rate, seconds, flood=True)
    print(flooded.row(f"the same, beside one who sends {FLOOD_BURST} and {FLOOD_PER_S} a second more"), flush=True)
    if soak_s:
        print((await students.at_random(rate, soak_s)).row(f"{rate:g} a second for {soak_s:g} s"), flush=True)


async def _limit(students: Students, bot: Process, rates: list[float], seconds: float) -> None:
    print(f"the bot's own pace is lifted to {UNPACED} messages a second")
    head, line = HEADER.splitlines()
    print(f"{head} bot, processor a question | server and students |\n{line}---|---|", flush=True)
    best = 0.0
    for rate in rates:
        before = [_processor_s(pid) for pid in (bot.pid, os.getpid())]
        phase = await students.at_random(rate, seconds)
        used = [_processor_s(pid) - was for pid, was in zip((bot.pid, os.getpid()), before, strict=True)]
        per_question = " | ".join(f"{1000 * s / phase.asked:.1f} ms" for s in used)
        print(f"{phase.row(f'{rate:g} questions a second')} {per_question} |", flush=True)
        best = max(best, rate if phase.quantile_s(95) < MAX_P95_S else 0.0)
    print(f"\nthe highest of these rates with p95 under {MAX_P95_S:g} s: {best:g} a second")


def _processor_s(pid: int) -> float:
    """Seconds of processor that a process has used, in the system too."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _watch(bot: Process) -> None:
    """Sample the bot's resident memory, and print how it went in the end."""
    samples: list[float] = []
    try:
        while True:
            pages = int(Path(f"/proc/{bot.pid}/statm").read_text(encoding="ascii").split()[1])
            samples.append(pages * PAGE_BYTES / 1024**2)
            await asyncio.sleep(SAMPLE_S)
    finally:
        half = statistics.mean(samples[len(samples) // 2 :])
        told = f"{samples[0]:.0f} MiB at first, {max(samples):.0f} at most, {half:.0f} on average over the second half"
        print(f"\nmemory of the bot, every {SAMPLE_S:g} s: {told}, {samples[-1]:.0f} in the end")


async def _process(folder: Path, environment: dict[str, str], package: str, *words: str) -> Process:
    with (folder / "said").open("ab") as said:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", package, *words, cwd=ROOT, env=environment, stdout=said, stderr=said
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--rate", type=float, default=15.0, help="questions a second")
    parser.add_argument("--soak", type=float, default=0.0, help="seconds")
    parser.add_argument("--limit", type=float, nargs="+", metavar="RATE", help="only show what the bot itself can do")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(options, Path(folder)))


if __name__ == "__main__":
    main()
