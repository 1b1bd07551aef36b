"""Teachers take topics on Telegram: of a question on one they are told alone, and the queue shows them alone."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
import topic_bundle
from bot_api import BotApi, Sent
from catalogues import EN, ZH
from small_course import ENTRIES, FOREIGN, UNSURE, engine_over, labels, read, rows, running
from sqlite_utils import Database

from bot import digest
from bot.app import serving
from bot.digest import tell_of_escalations
from bot.engine import Engine
from bot.replies import Action
from bot.routing import Routed
from bot.service import Tutor
from bot.settings import Settings
from data import notices
from data.people import Pseudonyms
from data.records import Question
from data.store import Store

ADMIN, ONE, TWO, ANN = 1, 5, 6, 7
T = EN.topics
TRAINING, NEARLY, RATES = (
    "Training",
    "Where can I get a driving licence?",
    "Is a warm-up of the learning rate needed with SGD too?",
)
NAMES = ("Training", "Organisation")
LINES = {name: [e.question for e in ENTRIES if e.section == name] for name in NAMES}


@pytest.fixture(scope="module")
def topic_engine(models: Path, decided_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine over the small course with a labels model of the English one."""
    folder = Path(shutil.copytree(decided_models, tmp_path_factory.mktemp("topics") / "models"))
    topic_bundle.published(folder, "ml", folder / "answers" / "0001", LINES, 0.4)
    with engine_over(models, folder) as engine:
        yield engine


@pytest.fixture
def tutor(course: Store, topic_engine: Engine, tmp_path: Path) -> Tutor:
    """The service over a course whose questions have topics."""
    return Tutor(course, topic_engine, Pseudonyms.open(tmp_path / "tutor.key"))


@pytest_asyncio.fixture
async def bot(api: BotApi, course: Store, tutor: Tutor, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """The bot with two teachers of the English course, who are told at once."""
    monkeypatch.setattr(digest, "EVERY_S", 0.2)
    settings = Settings(api.token, api.base_url, api.base_file_url, frozenset({ADMIN}))
    async with serving(settings, tutor, course):
        for user in (ONE, TWO):
            await say(api, user, "/start course-ml")
            course.write(teach, tutor.person(f"telegram:{user}"))
        yield


def teach(db: Database, person: str) -> None:
    db.execute("insert into teachers (person, course, since) values (?, 'ml', '')", [person])


async def say(api: BotApi, user: int, text: str, lang: str = "en") -> Sent:
    api.send_text(user, text, language_code=lang)
    return await api.next_sent(user, timeout_s=60)


async def press(api: BotApi, user: int, message: Sent, button: str) -> Sent:
    api.press(user, message, button)
    return await api.next_sent(user, timeout_s=60)


async def ask_teacher(api: BotApi, text: str) -> None:
    """Let Ann ask a teacher what the bot does not know."""
    if not [call for call in api.sent if call.chat_id == ANN]:
        await say(api, ANN, "/start course-ml")
    shown = await say(api, ANN, text)
    if [EN.none_of_these] in labels(shown):
        shown = await press(api, ANN, shown, EN.none_of_these)
    assert read(await press(api, ANN, shown, EN.ask_teacher)) == EN.escalated


async def take(api: BotApi, user: int, topic: str) -> Sent:
    shown = await say(api, user, "/topics")
    assert read(shown) == T.lead.format(course="Machine learning")
    assert labels(shown) == [["☐ Training"], ["☐ Organisation"]]
    return await press(api, user, shown, f"☐ {topic}")


@pytest.mark.usefixtures("bot")
async def test_who_took_a_topic_is_told_of_it_alone_and_others_of_the_rest(api: BotApi, course: Store) -> None:
    taken = await take(api, ONE, TRAINING)
    assert read(taken) == T.taken.format(topic=TRAINING)
    assert labels(taken) == [["☑ Training"], ["☐ Organisation"]]
    await ask_teacher(api, RATES)
    told = read(await api.next_sent(ONE, timeout_s=60))
    assert f"• {RATES}" in told and told.splitlines()[-1].startswith("Topic: Training (")
    await ask_teacher(api, FOREIGN)  # of no topic
    for user in (ONE, TWO):
        told = read(await api.next_sent(user, timeout_s=60))
        assert f"• {FOREIGN}" in told and "Topic" not in told
    assert RATES in read(await say(api, TWO, "/queue")) + read(await say(api, TWO, "/queue"))
    assert rows(course, "select count(*) as n from notices where key like 'escalated:%'") == [{"n": 3}]


@pytest.mark.usefixtures("bot")
async def test_the_queue_names_the_topic_and_shows_ones_own_alone(api: BotApi) -> None:
    for text in (RATES, FOREIGN):
        await ask_teacher(api, text)
        for user in (ONE, TWO):
            await api.next_sent(user, timeout_s=60)
    shown = await say(api, ONE, "/queue")
    assert [T.only_mine] not in labels(shown)  # who took none has nothing to choose
    assert read(shown).startswith(EN.teaching.queue_head.format(course="Machine learning", left=2))
    await take(api, ONE, TRAINING)
    shown = await press(api, ONE, await say(api, ONE, "/queue"), T.only_mine)
    assert read(shown).startswith(EN.teaching.queue_head.format(course="Machine learning", left=1))
    assert "Topic: Training (" in read(shown) and f"• {RATES}" in read(shown)
    assert read(await press(api, ONE, shown, EN.teaching.queue_later)) == EN.teaching.queue_put_off
    none = await api.next_sent(ONE, timeout_s=60)
    assert read(none) == T.none_of_mine.format(others=1)
    shown = await press(api, ONE, none, T.every)
    assert FOREIGN in read(shown) and "Topic" not in read(shown)


@pytest.mark.usefixtures("bot")
async def test_a_topic_is_left_again(api: BotApi) -> None:
    taken = await take(api, ONE, TRAINING)
    left = await press(api, ONE, taken, "☑ Training")
    assert read(left) == T.left.format(topic=TRAINING)
    assert labels(left) == [["☐ Training"], ["☐ Organisation"]]


@pytest.mark.usefixtures("bot")
async def test_topics_are_for_teachers_of_the_course(api: BotApi, course: Store) -> None:
    shown = await say(api, ONE, "/topics")
    await say(api, ANN, "/start course-ml")
    assert read(await say(api, ANN, "/topics")) == EN.not_allowed
    course.write(lambda db: db.execute("update teachers set course = 'zh'"))
    assert read(await press(api, ONE, shown, "☐ Training")) == EN.gone
    assert read(await say(api, ONE, "/topics")) == T.none_yet
    assert read(await say(api, TWO, "/topics", lang="zh")) == ZH.topics.none_yet


@pytest.mark.usefixtures("bot")
async def test_teachers_find_the_command_in_the_menu(api: BotApi) -> None:
    menus = [params for name, params in api.calls if name == "setMyCommands"]
    of_admin = next(m for m in menus if str(ADMIN) in str(m.get("scope")))
    assert EN.command_topics in str(of_admin["commands"])
    assert all("topics" not in str(m["commands"]) for m in menus if "chat" not in str(m.get("scope")))


async def test_what_is_out_of_scope_gets_no_choices(tutor: Tutor, topic_engine: Engine, shared_engine: Engine) -> None:
    assert shared_engine.answer(Question(NEARLY, "ml")).result(60).decision == "suggest"
    assert (await tutor.look_up(Question(NEARLY, "ml"))).decision == "abstain"
    assert (await tutor.look_up(Question(UNSURE, "ml"))).decision == "suggest"
    assert (await tutor.look_up(Question(ENTRIES[0].question, "ml"))).decision == "answer"


async def test_a_damaged_labels_model_stops_neither_answers_nor_the_queue(
    api: BotApi, course: Store, own_models: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = own_models / "labels" / "ml" / "0001"
    folder.mkdir(parents=True)
    (folder / "bundle.json").write_text("{}")
    (folder.parent / "current").write_text("0001\n")
    engine = Engine(course, own_models, poll_s=0.05)
    engine.start()
    try:
        tutor = Tutor(course, engine, Pseudonyms.open(tmp_path / "tutor.key"))
        async with running(api, course, tutor):
            await say(api, ANN, "/start course-ml")
            for _ in range(2):
                assert ENTRIES[0].question in str(await say(api, ANN, UNSURE))
    finally:
        engine.close()
    assert len([r for r in caplog.records if "have no topics" in r.getMessage()]) == 1


def test_the_topic_decides_who_is_told(course: Store, tutor: Tutor) -> None:
    person = tutor.person("telegram:5")
    course.write(lambda db: db.execute("insert into people (id, first_seen_at) values (?, '')", [person]))
    course.write(teach, person)
    course.write(
        lambda db: db.execute(
            "insert into questions (id, text, course, asked_at, decision) values (9, 'Why?', 'ml', '2026', 'abstain')"
        )
    )
    at = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"
    course.write(lambda db: db.execute(f"insert into escalations (question, created_at) values (9, {at})"))
    assert course.write(tell_of_escalations, {9: Routed("Training", 0.8)}) == 1
    (notice,) = course.read(notices.waiting, person=person)
    assert notice.lead.endswith(T.line.format(topic="Training", sure=80))
    assert Action.decode(notice.choices[0][0][1]) is not None
