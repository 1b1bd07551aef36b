"""A full disk under a running bot, by a limit on the process, which needs no root; `disk_full.py` fills a real one."""

import asyncio
import resource
from collections import Counter
from pathlib import Path

import world
from catalogues import EN
from world import BotApi

from data import upkeep
from data.store import Store

WAIT_S = 60.0
MOST = 50  # questions until it is noticed
NO_LIMIT = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


async def test_on_a_full_disk_the_bot_says_that_it_cannot_record_and_in_the_end_nothing_is_lost(tmp_path: Path) -> None:
    known = world.make(tmp_path)
    async with BotApi(max_wait_s=0.2) as api:
        bot = world.start(known, api)
        assert bot.pid is not None
        asked = {100: api.send_text(100, world.question(0))}
        assert (await api.next_sent(100, WAIT_S)).text != EN.not_recorded
        full = Path(f"{known.db}-wal").stat().st_size  # the log takes no byte more
        resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (full, resource.RLIM_INFINITY))
        told = False
        while not told and len(asked) < MOST:
            person = 100 + len(asked)
            asked[person] = api.send_text(person, world.question(person))
            told = (await api.next_sent(person, WAIT_S)).text == EN.not_recorded
            recorded = known.rows("select 1 from questions where ref = ?", f"telegram:{asked[person]}")
            assert told or recorded  # nobody is answered whose question is not on disk
        assert told
        resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, NO_LIMIT)
        assert (await api.next_sent(person, WAIT_S)).text != EN.not_recorded
        await api.wait_confirmed(asked[person], WAIT_S)
        bot.terminate()
        await asyncio.to_thread(bot.join)
    assert bot.exitcode == 0
    refs = Counter(ref for (ref,) in known.rows("select ref from questions"))
    assert refs == Counter(f"telegram:{update}" for update in asked.values())
    with Store(known.db, create=False) as store:
        assert store.read(upkeep.check).errors == ()
