"""Two students, a teacher and the one who runs the bot: a week of them, on the local Bot API, with the real bot.

It prints what each of them reads, as Markdown; the files that the bot sent lie in FOLDER if it is given. Run:

    python tests/week/play.py [FOLDER] > tests/week/transcript.md

The bot is `bot.app` with the default encoder and the sample courses. A week is played in a minute or two, so nothing in
it waits for a day to pass.
"""

import argparse
import asyncio
import re
import sys
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

sys.path[:0] = [str(Path(__file__).parent.parent), str(Path(__file__).parent.parent.parent)]

from bot_api import BotApi, Sent, plain_text  # noqa: E402

from bot.app import serving  # noqa: E402
from bot.service import open_tutor  # noqa: E402
from bot.settings import Settings  # noqa: E402
from data.sample import load  # noqa: E402
from data.store import Store  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

QUIET_S = 1.5  # so long after a message nothing more comes for now
ADMIN, GROUP = 1, -1001
SHOWN_CHARS = 500  # of a message


@dataclass
class Person:
    """Somebody with a private chat, which is printed as it goes."""

    api: BotApi
    name: str
    id: int
    lang: str = "en"
    folder: Path | None = None
    heard: list[Sent] = field(default_factory=list)

    async def says(self, text: str, *, reply_to: Sent | None = None) -> Sent:
        """Write a message; return the last that the bot says to it."""
        quoting = " (as a reply)" if reply_to else ""
        print(f"**{self.name}**{quoting}: {text}\n")
        self.api.send_text(self.id, text, reply_to=reply_to, language_code=self.lang, first_name=self.name)
        await self.hears()
        return self.heard[-1]

    async def sends(self, name: str, content: bytes) -> None:
        """Send a file."""
        print(f"**{self.name}** sends the file `{name}`\n")
        self.api.send_file(self.id, name, content)
        await self.hears()

    async def presses(self, label: str) -> None:
        """Press a button whose label begins so, of the last message."""
        message = self.heard[-1]
        found = next(b.text for row in message.buttons for b in row if b.text.startswith(label))
        print(f"**{self.name}** presses [{found}]\n")
        self.api.press(self.id, message, found)
        await self.hears(least=0)

    async def passes_on(self, none: str, ask: str) -> None:
        """Say that nothing offered fits, if something was, and ask a teacher."""
        if none in self._labels():
            await self.presses(none)
        await self.presses(ask)

    def _labels(self) -> list[str]:
        return [button.text for row in self.heard[-1].buttons for button in row]

    async def hears(self, least: int = 1) -> None:
        """Print what the bot says until it is quiet; at least so many messages."""
        while True:
            try:
                sent = await self.api.next_sent(self.id, timeout_s=QUIET_S if least <= 0 else 30.0)
            except TimeoutError:
                break
            least -= 1
            self.heard.append(sent)
            self._print(sent)

    def _print(self, sent: Sent) -> None:
        text = plain_text(sent.text) if sent.parse_mode else sent.text
        text = text if len(text) <= SHOWN_CHARS else text[:SHOWN_CHARS] + " …"
        if sent.file is not None:
            print(f"> 📎 `{sent.file[0]}`")
            if self.folder is not None:
                (self.folder / sent.file[0]).write_bytes(sent.file[1])
        print("\n".join(f"> {line}".rstrip() for line in text.splitlines()))
        for row in sent.buttons:
            print("> " + " ".join(f"[{button.text}]" for button in row))
        print()


async def in_group(who: Person, text: str) -> None:
    """Say something in the group of the course, and print what the bot says there, if anything."""
    print(f"**{who.name}**, in the group: {text}\n")
    who.api.say_in_group(GROUP, who.id, text)
    group = Person(who.api, "the group", GROUP)
    await group.hears(least=0)
    if not group.heard:
        print("*(the bot keeps silent)*\n")


@asynccontextmanager
async def bot(folder: Path) -> "AsyncIterator[BotApi]":
    """The sample courses, served on a local Bot API."""
    with Store(folder / "tutor.db") as store:
        store.write(load)
        tutor, engine = open_tutor(store, folder / "models", folder / "tutor.key", lambda items, *_: items)
        try:
            async with BotApi() as api:
                settings = Settings(api.token, api.base_url, api.base_file_url, frozenset({ADMIN}))
                async with serving(settings, tutor, store):
                    yield api
        finally:
            engine.close()


async def week(api: BotApi, files: Path | None) -> None:
    """Play it."""
    admin, grace = Person(api, "Admin", ADMIN), Person(api, "Grace (teacher)", 2, folder=files)
    mia, wei = Person(api, "Mia (student)", 3, folder=files), Person(api, "Wei (student)", 4, "zh", folder=files)
    for title, day in (
        ("Monday: a course begins", monday),
        ("Tuesday: what nobody has written yet", tuesday),
        ("Wednesday: a teacher writes", wednesday),
        ("Thursday: practice", thursday),
        ("Friday: how it went", friday),
        ("Sunday: goodbye", sunday),
    ):
        print(f"## {title}\n")
        await day(admin, grace, mia, wei)


async def monday(admin: Person, grace: Person, mia: Person, wei: Person) -> None:
    """Invitation, first questions in both languages, a follow-up, reactions."""
    invitation = await admin.says("/invite fine-tuning Grace Hopper")
    code = re.search(r"start=(\S+)", invitation.text)
    assert code is not None
    await grace.says(f"/start {code[1]}")
    await mia.says("/start course-fine-tuning")
    await mia.says("hi there")
    await mia.says("how do i hand in my homework")
    await mia.presses("👍")
    await mia.says("and when is it due?")
    await mia.says("my val loss goes up while train loss goes down")
    await mia.presses("How do I recognise")
    await wei.says("/start course-fine-tuning-zh")
    await wei.says("作业什么时候交")
    await wei.says("谢谢")


async def tuesday(admin: Person, grace: Person, mia: Person, wei: Person) -> None:
    """A question without an answer is passed on twice, answered once, and everybody who asked has it."""
    await wei.says("/course")
    await wei.presses("Fine-tuning")
    await mia.says("Where is the coffee machine in the computer lab?")
    await mia.passes_on("None of these", "Ask a teacher")
    await wei.says("is there a coffee machine near the computer lab")
    await wei.passes_on("都不是", "问老师")
    await grace.hears(least=0)
    cluster = await grace.says("/queue")
    await grace.says("On the second floor, next to room 204. It takes cards, no coins.", reply_to=cluster)
    await mia.hears(least=1)
    await wei.hears(least=1)
    await mia.says("where can i get coffee at the computer lab")


async def wednesday(admin: Person, grace: Person, mia: Person, wei: Person) -> None:
    """An entry by dialogue, one changed, a file with a mistake and without it."""
    await grace.says("/teach")
    await grace.says("May I bring my own laptop to the lab sessions?")
    await grace.says("Yes. Bring a charger, and install the course environment before the first session.")
    await grace.presses("Save")
    await grace.says("/edit coffee machine")
    wrong = (
        "question,answer,expires_on\nIs the lab open on Sundays?,No.,soon\nWho has the key of the lab?,The porter.,\n"
    )
    await grace.sends("lab.csv", wrong.encode())
    await grace.sends("lab.csv", wrong.replace("soon", "2027-03-01").encode())
    await grace.presses("Import it")
    await mia.says("who has the key for the lab?")


async def thursday(admin: Person, grace: Person, mia: Person, wei: Person) -> None:
    """Practice, progress, what to read next."""
    await mia.says("/quiz")
    await mia.says("I do not know")
    await mia.presses("Next question")
    await mia.presses("Skip")
    await mia.presses("Stop")
    await mia.says("/progress")
    await mia.says("/remind 18:00 +1")
    await mia.says("/recommend overfitting")
    await mia.says("/related")


async def friday(admin: Person, grace: Person, mia: Person, wei: Person) -> None:
    """Pictures for the teacher, a language for the student."""
    await grace.says("/stats")
    await grace.says("/digest on")
    await grace.says("/undo")
    await wei.says("/language en")
    await wei.says("what is a learning rate warm-up good for?")
    await wei.says("/hlep")
    print("Mia adds the bot to the group of her class.\n")
    await in_group(wei, "does anyone understand dropout?")
    await in_group(mia, "@test_bot what does dropout do?")
    await in_group(wei, "@test_bot who brings cake tomorrow?")


async def sunday(admin: Person, grace: Person, mia: Person, wei: Person) -> None:
    """What is kept, and its end."""
    await mia.says("/export")
    await mia.says("/forget")
    await mia.presses("Remove everything")


def main() -> None:
    """Play the week and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    files = parser.parse_args().folder
    if files is not None:
        files.mkdir(parents=True, exist_ok=True)

    async def play() -> None:
        with tempfile.TemporaryDirectory() as scratch:
            async with bot(Path(scratch)) as api:
                await week(api, files)

    print("# A week with the tutor\n\nPlayed by `python tests/week/play.py`; long messages are cut off here.\n")
    asyncio.run(play())


if __name__ == "__main__":
    main()
