"""A small course in two languages, so that a test embeds it in a moment, and an application that runs on it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from bot_api import BotApi, Json, Sent, plain_text
from sqlite_utils import Database

from bot.app import serving
from bot.engine import Engine
from bot.service import Tutor
from bot.settings import Settings
from data.entries import add_course, put, touch
from data.records import Entry
from data.store import Store

PARAGRAPHS = [f"Step {n}. " + "Write down what you did and why you did it. " * 6 for n in range(1, 31)]
LR, WARM_UP, BATCH, PROJECT = (
    "Which learning rate should I start with?",
    "Why does training begin with a warm-up of the learning rate?",
    "How large should a batch be?",
    "How does the term project work, step by step?",
)
SURE, UNSURE, FOREIGN = LR, "learning rate schedule", "Who won the football match in Lisbon yesterday?"
WITH_OTHERS = "learning rate"
SURE_ZH, FOREIGN_ZH = "什么是迁移学习？", "今天天气怎么样"
ENTRIES = (
    Entry(
        "ml", "lr", LR, "Start with **2e-5** & halve it where the loss < 0 jumps.", "Training", ("best first lr",),
        "https://example.org/lr?a=1&b=2",
    ),
    Entry("ml", "warm-up", WARM_UP, "Adam's statistics are poor at first; small steps do little harm.", "Training"),
    Entry("ml", "batch", BATCH, "16 or 32 texts; larger ones need a higher learning rate.", "Training"),
    Entry("ml", "decay", "How should the learning rate decay?", "Linearly to zero.", "Training"),
    Entry("ml", "project", PROJECT, "\n\n".join(PARAGRAPHS)),
    Entry("ml", "due", "When is the homework due?", "On Friday at noon.", "Organisation"),
    Entry("ml", "gpu", "Where can I get a GPU?", "In the lab, room 12; book it on the forum.", "Organisation"),
    Entry("ml", "tokenizer", "What does a tokenizer do?", "It cuts a text into the pieces that the model knows."),
    Entry("zh", "transfer", SURE_ZH, "把在一个任务上学到的知识用到另一个任务上。", "基础", lang="zh"),
    Entry("zh", "overfit", "怎么判断模型过拟合了？", "训练损失下降而验证损失上升。", "基础", lang="zh"),
)  # fmt: skip


def fill(db: Database) -> None:
    """Write the courses into a store."""
    add_course(db, "ml", "Machine learning")
    add_course(db, "zh", "机器学习")
    for entry in ENTRIES:
        put(db, entry)
    touch(db)


@contextmanager
def engine_over(models: Path, folder: Path) -> Iterator[Engine]:
    """An engine over the small course embedded beside `models`, with what serves in `folder`."""
    with Store(models.with_name("tutor.db")) as store:
        engine = Engine(store, folder)
        engine.start()
        yield engine
        engine.close()


@asynccontextmanager
async def running(api: BotApi, store: Store, tutor: Tutor) -> AsyncIterator[None]:
    """The bot on the local Bot API, from its start to its end as `bot run` has them."""
    async with serving(Settings(api.token, api.base_url, api.base_file_url), tutor, store) as ended:
        yield
        assert not ended.done(), ended.exception()


def message(update_id: int, text: str, user: int = 7) -> Json:
    """A private message as Telegram gave it to an earlier process."""
    sender = {"id": user, "is_bot": False, "first_name": "Ada", "language_code": "en"}
    chat = {"id": user, "type": "private"}
    return {"update_id": update_id, "message": {"message_id": 1, "date": 1, "from": sender, "chat": chat, "text": text}}


def rows(store: Store, sql: str, *args: object) -> list[dict[str, Any]]:
    """What a query of the store gives."""
    return store.read(lambda db: list(db.query(sql, args)))


def told(api: BotApi, method: str) -> list[Json]:
    """What the bot called a method with, oldest first."""
    return [params for name, params in api.calls if name == method]


def read(sent: Sent) -> str:
    """What a person reads of a message."""
    return plain_text(sent.text) if sent.parse_mode else sent.text


def labels(sent: Sent) -> list[list[str]]:
    """What stands on the buttons, row by row."""
    return [[button.text for button in row] for row in sent.buttons]
