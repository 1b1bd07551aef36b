"""Send malformed updates and read malformed files by the thousand: nothing crashes, nobody is shown a traceback.

    python tests/faults/malformed.py [--updates 10000] [--files 10000] [--seed 0]

Prints a row for each; exits with 1 if the bot stopped, an update was neither done nor set aside, somebody was sent the
innards of the program, or a file was answered by anything but a reading or a refusal.
"""

import argparse
import asyncio
import io
import logging
import random
import re
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import world
from hypothesis import HealthCheck, Phase, given, seed, settings
from updates import malformed
from world import BotApi, Json

from bot.app import serving
from bot.engine import Engine
from bot.service import Tutor
from bot.settings import Settings
from data import importing, labelled, tables
from data.errors import TutorError
from data.people import Pseudonyms
from data.store import Store

Reader = Callable[..., object]
BATCH = 100
SETTLE_S = 120.0
INNARDS = re.compile(r"Traceback|\w(Error|Exception):|NoneType|object at 0x|File \"")
ROW = {
    "course": "tiny",
    "id": "x",
    "question": "What is x?",
    "answer": "It is *x*.",
    "alternates": "x|an x",
    "tags": "",
}
LABELLED = {"question": "what x", "course": "tiny", "expected_ids": "ba|de"}


def generate(count: int, start: int) -> list[Json]:
    """Return so many malformed updates, the same for the same seed."""
    found: list[Json] = []

    @seed(start)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(malformed())
    def draw(update: Json) -> None:
        found.append(update)

    draw()
    return found


async def send(updates: list[Json], folder: Path) -> tuple[Counter[str], list[str]]:
    """Send the updates, each by another person; return how they ended, and what is wrong."""
    known = world.make(folder)
    wrong: list[str] = []
    with Store(known.db) as store:
        engine = Engine(store, known.models)
        engine.start()
        tutor = Tutor(store, engine, Pseudonyms.open(folder / "tutor.key"))
        async with (
            BotApi() as api,
            serving(Settings(api.token, api.base_url, api.base_file_url), tutor, store) as ended,
        ):
            for begin in range(0, len(updates), BATCH):
                for n, update in enumerate(updates[begin : begin + BATCH], begin):
                    api.send_update(_of_person(update, 10_000 + n))
                await _settle(api, known)
                wrong += [sent.text for sent in api.sent if INNARDS.search(sent.text)]
                wrong += [f"the bot stopped: {ended.exception()!r}"] if ended.done() else []
                api.sent.clear()
            api.send_text(7, world.question(0))
            await api.next_sent(7, SETTLE_S)
        engine.close()
    return Counter(dict(known.rows("select state, count(*) from inbox group by state"))), wrong


async def _settle(api: BotApi, known: world.World) -> None:
    waiting = (
        "select count(*) from (select state from inbox union all select state from outbox) where state = 'waiting'"
    )
    async with asyncio.timeout(SETTLE_S):
        while api.unconfirmed() or known.rows(waiting) != [(0,)]:
            await asyncio.sleep(0.05)


def _of_person(part: Any, person: int) -> Any:  # noqa: ANN401  # any JSON
    """Return a copy in which the usual person is another: nobody meets a limit of their rate."""
    if isinstance(part, list):
        return [_of_person(inner, person) for inner in part]
    if not isinstance(part, dict):
        return part
    return {k: person if k == "id" and v == 1 and v is not True else _of_person(v, person) for k, v in part.items()}


def read(count: int, chance: random.Random, folder: Path) -> tuple[Counter[str], list[str]]:
    """Read so many damaged files as Q&A or as questions; return how they ended, and what is wrong."""
    ended: Counter[str] = Counter()
    wrong: list[str] = []
    known = world.make(folder)
    with Store(known.db) as store:
        for path, data, reader in _files(count, chance, folder):
            path.write_bytes(data)
            try:
                store.read(reader, path)
                ended["read"] += 1
            except TutorError as refused:
                ended["refused"] += 1
                wrong += [line for line in str(refused).splitlines() if INNARDS.search(line)][:1]
            except Exception as error:
                wrong.append(f"{path.suffix} {data[:200]!r}: {error!r}")
    return ended, wrong


def _files(count: int, chance: random.Random, folder: Path) -> Iterator[tuple[Path, bytes, Reader]]:
    whole: list[tuple[str, bytes, Reader]] = []
    kinds: tuple[tuple[Json, Reader], ...] = ((ROW, importing.plan), (LABELLED, labelled.read_labelled))
    for suffix in tables.SUFFIXES:
        for row, reader in kinds:
            path = folder / f"whole{suffix}"
            rows = [row | {"question": f"What is {n}?", "id": str(n)} for n in range(3)]
            tables.write_table(path, list(row), rows)
            whole.append((suffix, path.read_bytes(), reader))
    for _ in range(count):
        suffix, data, reader = chance.choice(whole)
        inside = suffix == ".xlsx" and chance.random() < 0.8
        yield folder / f"damaged{suffix}", _inside(data, chance) if inside else _damaged(data, chance), reader


def _inside(data: bytes, chance: random.Random) -> bytes:
    """Damage one part of an archive that stays an archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    name = chance.choice(list(parts))
    parts[name] = _damaged(parts[name], chance)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as new:
        for part, content in parts.items():
            new.writestr(part, content)
    return written.getvalue()


def _damaged(data: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(data)
    odd = (
        b"\x00",
        b"\xff\xfe",
        b'"',
        b"\r",
        b"\n\n",
        b"\\ud800",
        b"{" * 2000,
        b"[" * 5000,
        b"=1+1",
        b"," * 300,
        b"1e999",
        b"\xe2\x80\xae",
    )
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(damaged) + 1)
        match chance.randrange(6):
            case 0:
                del damaged[at:]
            case 1:
                del damaged[at : at + chance.randint(1, 20)]
            case 2:
                damaged[at:at] = chance.choice(odd)
            case 3:
                damaged[at : at + 1] = bytes([chance.randrange(256)])
            case 4:
                damaged[at:at] = chance.randbytes(chance.randint(1, 40))
            case 5:
                damaged[at:at] = damaged[: chance.randint(1, 40)] * chance.randint(1, 50)
    return bytes(damaged) if chance.random() < 0.95 else damaged.decode("utf-8", "replace").encode("utf-16")


def main() -> None:
    """Run both, print, and say by the exit code whether all is well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--updates", type=int, default=10_000)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    logging.disable()  # the bot and the library have much to say of such updates
    updates = generate(arguments.updates, arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        ended, wrong = asyncio.run(send(updates, Path(folder)))
    print("| malformed | tried | read | set aside or refused | wrong |\n|---|---|---|---|---|")
    print(f"| updates | {len(updates)} | {ended['done']} | {ended['failed']} | {len(wrong)} |", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        read_as, also = read(arguments.files, random.Random(arguments.seed), Path(folder))
    print(f"| files | {arguments.files} | {read_as['read']} | {read_as['refused']} | {len(also)} |")
    for line in [*wrong, *also][:20]:
        print(line, file=sys.stderr)
    sys.exit(1 if wrong or also else 0)


if __name__ == "__main__":
    main()
