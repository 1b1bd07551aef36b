"""What tests of the bot share: a small course, a tutor over it, the local Bot API and the application on it."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from bot_api import BotApi
from small_course import engine_over, fill, running

from bot.engine import Engine
from bot.scorers import Scorers
from bot.service import Tutor
from data.people import Pseudonyms
from data.store import Store
from qa_model import bundle
from qa_model.answerer import load_answerer
from qa_model.base import DEFAULT_BASE, resolve
from qa_model.encoder import Encoder
from qa_model.fusion import Policies, Policy

# What people read and press is tested on decisions that do not move with the shipped numbers.
POLICY = Policy((0.2, 0.4, 0.2, 0.2), -4.0, (3.4, 12.9, 0.0, 0.0, 1.6, 1.4, 0.0), answer_at=0.65, suggest_at=0.15)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder in which nothing is published and the small course is embedded."""
    folder = tmp_path_factory.mktemp("bot")
    with Store(folder / "tutor.db") as store:
        store.write(fill)
        load_answerer(store, folder / "models")
    return folder / "models"


@pytest.fixture
def own_models(models: Path, tmp_path: Path) -> Path:
    """A models folder to publish in."""
    return Path(shutil.copytree(models, tmp_path / "models"))


@pytest.fixture
def course(store: Store) -> Store:
    """A store with the small course."""
    store.write(fill)
    return store


@pytest.fixture
def engine(course: Store, models: Path) -> Iterator[Engine]:
    """An engine that serves the small course and notices at once what is new."""
    engine = Engine(course, models, poll_s=0.05)
    engine.start()
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def decided_models(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder in which the base serves with a policy of the tests' own."""
    folder = tmp_path_factory.mktemp("decided")
    encoder = Encoder.load(resolve(DEFAULT_BASE))
    record = {"policy": bundle.policies_record(Policies(POLICY)), "parent": bundle.BASE}
    bundle.publish(folder, bundle.write(folder, encoder.save, record))
    with Store(models.with_name("tutor.db")) as store:
        load_answerer(store, folder)
    return folder


@pytest.fixture(scope="session")
def shared_engine(models: Path, decided_models: Path) -> Iterator[Engine]:
    """An engine over a small course that no test changes: its entries have the same keys in every store."""
    with engine_over(models, decided_models) as engine:
        yield engine


@pytest.fixture
def tutor(course: Store, shared_engine: Engine, tmp_path: Path) -> Tutor:
    """The tutoring service over the small course, which knows no entries but these."""
    return Tutor(course, shared_engine, Pseudonyms.open(tmp_path / "tutor.key"))


@pytest_asyncio.fixture
async def api() -> AsyncIterator[BotApi]:
    """The local Bot API server."""
    async with BotApi() as api:
        yield api


@pytest_asyncio.fixture
async def app(api: BotApi, course: Store, tutor: Tutor) -> AsyncIterator[None]:
    """The bot, polling the local Bot API server."""
    async with running(api, course, tutor):
        yield


@pytest.fixture(scope="session")
def scorer_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with the scorer `essays`, which no test changes."""
    from small_essays import publish  # not above: it brings all that fits one

    folder = tmp_path_factory.mktemp("essays")
    with Store(folder / "t.db") as store:
        return publish(store, folder / "models")


@pytest.fixture
def marked_tutor(tutor: Tutor, course: Store, scorer_models: Path) -> Tutor:
    """The service over a course with an assignment, whose scorer serves."""
    from small_essays import asked

    tutor.scorers = Scorers(scorer_models)
    asked(course)
    return tutor
