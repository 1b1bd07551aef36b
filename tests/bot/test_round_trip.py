"""The heart: what students ask and pick, and what teachers confirm, makes the next answers better."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

from bot_api import BotApi, Sent
from catalogues import EN
from small_course import SURE, labels, read, rows, running

from bot.engine import Engine
from bot.service import Tutor
from data import importing, labelled
from data.people import Pseudonyms
from data.store import Store
from qa_model.answerer import load_answerer
from training.fit import Fitted, Recipe, fit_answers
from training.trained import Settings

COURSE = """course,id,question,answer
ml,due,When is the homework due?,On Friday at noon.
ml,gpu,Where can I get a GPU?,"In the lab, room 12; book it on the forum."
ml,lr,Which learning rate should I start with?,Start with 2e-5.
ml,tokenizer,What does a tokenizer do?,It cuts a text into the pieces that the model knows.
ml,batch,How large should a batch be?,16 or 32 texts.
ml,project,How does the term project work?,In pairs; you hand in a report.
"""
DUE = "On Friday at noon."
UNSURE = "until when can i drop it"
UNKNOWN = "does the drop box close"
CONFIRMED = """question,course,expected_ids
where do i drop my solutions,ml,due
until what hour can i drop the solutions,ml,due
"my sheet is ready, where do i drop it",ml,due
drop box for the sheet?,ml,due
sheet dropped too late,ml,due
which chunk of texts per update,ml,batch
which room has the graphics card,ml,gpu
"""
QUICK = Recipe(average=1.0, settings=Settings(lr=2e-4, epochs=3, batch_size=16))


async def ask(api: BotApi, text: str, user: int = 7) -> Sent:
    api.send_text(user, text)
    return await api.next_sent(user)


def serves(sent: Sent) -> bool:
    """Whether it is an answer, or a choice while the new wordings are embedded."""
    return SURE in read(sent) or [SURE] in labels(sent)


@asynccontextmanager
async def served(api: BotApi, store: Store, models: Path, key: Path) -> AsyncIterator[Engine]:
    """A running bot that looks often for what is new; everything is embedded when it begins."""
    load_answerer(store, models)
    engine = Engine(store, models, poll_s=0.05)
    engine.start()
    try:
        async with running(api, store, Tutor(store, engine, Pseudonyms.open(key))):
            yield engine
    finally:
        engine.close()


def import_course(store: Store, folder: Path) -> None:
    file = folder / "course.csv"
    file.write_text(COURSE)
    store.write(lambda db: importing.apply(db, importing.plan(db, file)))


def confirm(store: Store, folder: Path) -> None:
    """What `python -m data import-questions` does."""
    file = folder / "questions.csv"
    file.write_text(CONFIRMED)
    store.write(labelled.confirm, store.read(labelled.read_labelled, file))


def fit(store: Store, models: Path) -> Fitted:
    return fit_answers(store, models, QUICK, "always", lambda *_: None)


async def test_what_is_picked_and_confirmed_today_is_answered_tomorrow(
    api: BotApi, store: Store, tmp_path: Path
) -> None:
    import_course(store, tmp_path)
    models = tmp_path / "models"
    async with served(api, store, models, tmp_path / "key") as engine:
        assert read(await ask(api, UNKNOWN)) == EN.abstain
        offer = await ask(api, UNSURE)
        assert read(offer) == EN.suggest
        api.press(7, offer, "When is the homework due?")
        assert DUE in read(await api.next_sent(7))
        confirm(store, tmp_path)

        fitting = asyncio.create_task(asyncio.to_thread(fit, store, models))
        others = count(8)  # each asks once: nobody asks as fast as that
        while not fitting.done():
            assert serves(await ask(api, SURE, next(others)))
        fitted = await fitting
        assert fitted.published
        while engine.model != fitted.version:
            assert serves(await ask(api, SURE, next(others)))

        answer = await ask(api, UNKNOWN)
        assert answer.buttons[0][0].text == "👍"
        assert DUE in read(answer)
        assert fitted.record["data"]["examples"] == 8
    asked = rows(store, "select text, decision, model from questions where text = ? order by id", UNKNOWN)
    assert [(row["decision"], row["model"]) for row in asked] == [("abstain", "base"), ("answer", fitted.version)]


async def test_a_confirmed_wording_is_known_at_once(api: BotApi, store: Store, tmp_path: Path) -> None:
    import_course(store, tmp_path)
    async with served(api, store, tmp_path / "models", tmp_path / "key"):
        wording = "drop box for the sheet?"
        assert DUE not in read(await ask(api, wording))
        confirm(store, tmp_path)
        async with asyncio.timeout(60):
            others = count(8)
            while DUE not in read(await ask(api, wording, next(others))):
                pass
