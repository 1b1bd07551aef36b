"""Fill the disk under a running bot, free it again, and count: nothing is lost, and nobody is told what is not so.

    python tests/faults/disk_full.py [--times 3]

The store lies on a tmpfs of a few MB (root may mount one; others run `unshare -rm python tests/faults/disk_full.py`).
Prints a row of the table of faults; exits with 1 if a question is lost or recorded twice, or was answered while
nothing could be recorded, or the person was not told so.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import world
from catalogues import EN
from world import BotApi, World

from data import upkeep
from data.store import Store

MIB = 1024**2
SIZE_MIB = 16
MAX_ASKED = 500  # until it is noticed: what the write-ahead log had taken before can still be written
WAIT_S = 60.0


class Trial:
    """People who ask one after the other, and what they are told."""

    def __init__(self, known: World, api: BotApi) -> None:
        self._known = known
        self._api = api
        self.asked: dict[int, int] = {}  # update by person, each of whom asks once
        self.answers: Counter[int] = Counter()  # by person
        self.told = 0  # that nothing can be recorded
        self.pretended = 0

    async def ask(self) -> bool:
        """Let one person ask; return whether they were answered, which nobody may be whose question is not on disk."""
        person = 100 + len(self.asked)
        update = self._api.send_text(person, world.question(person))
        self.asked[person] = update
        if not await self.hear(person):
            return False
        self.pretended += not self._known.rows("select 1 from questions where ref = ?", f"telegram:{update}")
        return True

    async def hear(self, person: int) -> bool:
        """Wait for what the person is told next; return whether it is an answer."""
        said = (await self._api.next_sent(person, WAIT_S)).text
        answered = said != EN.not_recorded
        self.answers[person] += answered
        self.told += not answered
        return answered

    async def fill(self, filler: Path) -> None:
        """Fill the disk, ask until somebody is told, free it, and wait until they are answered."""
        _occupy(filler)
        last = 0
        while await self.ask():
            last += 1
            if last == MAX_ASKED:
                raise TimeoutError("a full disk is not noticed")
        filler.unlink()
        while not await self.hear(max(self.asked)):
            pass

    def row(self, fills: int) -> tuple[str, bool]:
        """The row of the table (fault, trials, updates, lost, recorded twice, sent twice), and whether all is well."""
        refs = Counter(ref for (ref,) in self._known.rows("select ref from questions"))
        lost = sum(f"telegram:{update}" not in refs for update in self.asked.values())
        lost += sum(not self.answers[person] for person in self.asked)
        with Store(self._known.db, create=False) as store:
            lost += len(store.read(upkeep.check).errors)
        twice = refs.total() - len(refs)
        again = sum(n - 1 for n in self.answers.values() if n)
        counts = (fills, len(self.asked), lost, twice, again)
        return f"| disk full | {' | '.join(map(str, counts))} |", not (lost or twice or self.pretended)


async def trial(times: int, folder: Path) -> bool:
    """Run the whole trial and print; return whether all is well."""
    known = world.make(folder)
    async with BotApi() as api:
        await world.warm_up()
        bot = world.start(known, api)
        people = Trial(known, api)
        for _ in range(times):
            await people.ask()
            await people.fill(folder / "filler")
        last = list(people.asked.values())[-1]
        await api.wait_confirmed(last, WAIT_S)
        bot.terminate()
        await asyncio.to_thread(bot.join)
        row, well = people.row(times)
    print("| fault | trials | updates | lost | recorded twice | sent twice |\n|---|---|---|---|---|---|")
    print(row)
    print(f"told that nothing can be recorded: {people.told}; answered without a record: {people.pretended}")
    return well and bot.exitcode == 0


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Mount a small tmpfs on the folder. Raises CalledProcessError where that is not allowed."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _occupy(filler: Path) -> None:
    """Write until nothing goes any more."""
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)


def main() -> None:
    """Run, and say by the exit code whether all is well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, small_disk(Path(folder)):
        well = asyncio.run(trial(arguments.times, Path(folder)))
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
