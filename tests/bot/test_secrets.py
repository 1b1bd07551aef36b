"""The token stands in nothing that the bot writes, whatever goes wrong: logs, errors, store, backup."""

from pathlib import Path

import pytest
from bot_api import BotApi, Fault
from click.testing import CliRunner
from processes import START_S, bot_run, outcome
from small_course import SURE, told

from bot.__main__ import main
from data.store import Store
from data.upkeep import backup

SECRET = "AAF-fake_token_of_a_test_0123456789abc"
TOKEN = f"123456789:{SECRET}"


def written(folder: Path) -> bytes:
    """Everything that stands in the files of a folder."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_the_token_is_written_nowhere_whatever_telegram_does(
    course: Store, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONASYNCIODEBUG", "1")  # the loop tells more of what it does
    async with BotApi(TOKEN) as api:
        faults = [Fault.server_error(), Fault.garbage(), Fault.drop(), Fault.too_many(1), Fault.hang(0.2)]
        api.fail("getUpdates", *faults)
        api.fail("sendMessage", *faults, Fault.refuse_html(), Fault.blocked())
        api.fail("setMyCommands", Fault.server_error(), Fault.garbage())
        async with bot_run(api, course, models, TOKEN) as process:
            api.send_update({"message": {"message_id": "x", "text": "no message"}})
            last = [api.send_text(user, SURE) for user in (7, 8, 9)][-1]
            await api.wait_confirmed(last, timeout_s=START_S)
            await api.wait_until(lambda: len(told(api, "sendMessage")) >= 6, timeout_s=START_S)
            api.token = "1:OTHER"
            code, out, err = await outcome(process)
    assert code == 1
    assert "refuses the token" in err
    backup(course, tmp_path / "backup.db")
    assert SECRET not in out + err
    assert SECRET.encode() not in written(tmp_path)


@pytest.mark.parametrize("token", [TOKEN, f"{TOKEN}\n{SECRET}", f"{SECRET}:{SECRET}", f"https://x/bot{TOKEN}"])
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_the_doctor_shows_no_token_whether_it_is_one_or_not(
    course: Store, models: Path, tmp_path: Path, token: str, form: tuple[str, ...]
) -> None:
    environment = {"TELEGRAM_BOT_TOKEN": token, "TELEGRAM_BASE_URL": "http://127.0.0.1:9/bot"}
    where = ["--db", str(course.path), "--models", str(models)]
    told_so = CliRunner().invoke(main, ["doctor", *form, *where], env=environment)
    assert told_so.output
    assert SECRET not in f"{told_so.output}{told_so.exception!r}"
    assert SECRET.encode() not in written(tmp_path)
