"""Settings come from the environment: each wrong one is named with what to do, and no secret is shown."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.settings import Settings, Webhook, key_file
from data.errors import Refused

TOKEN, SECRET = "123456:ABC-def_1", "a-secret_of_16_chars"
HOOK = {"TUTOR_WEBHOOK_URL": "https://tutor.example/hook", "TUTOR_WEBHOOK_SECRET": SECRET}
URLS = ("TELEGRAM_BASE_URL", "TELEGRAM_BASE_FILE_URL")
NAMES = ("TELEGRAM_BOT_TOKEN", *URLS, "TUTOR_ADMINS", *HOOK, "TUTOR_WEBHOOK_PORT")


def read(**environment: str) -> Settings:
    return Settings.read({"TELEGRAM_BOT_TOKEN": TOKEN} | environment)


def reasons(**environment: str) -> tuple[str, ...]:
    with pytest.raises(Refused) as refused:
        read(**environment)
    return refused.value.reasons


def test_a_token_is_enough() -> None:
    settings = Settings.read({"TELEGRAM_BOT_TOKEN": f" {TOKEN}\n", "OTHER": "x"})
    assert settings == Settings(TOKEN)
    assert settings.base_url == "https://api.telegram.org/bot"
    assert settings.base_file_url == "https://api.telegram.org/file/bot"
    assert (settings.admins, settings.webhook) == (frozenset(), None)


@pytest.mark.parametrize("environment", [{}, {"TELEGRAM_BOT_TOKEN": " "}])
def test_a_missing_token_is_refused_with_where_to_get_one(environment: dict[str, str]) -> None:
    with pytest.raises(Refused, match="@BotFather"):
        Settings.read(environment)


@pytest.mark.parametrize("token", ["secret", "12:", ":abc", "12:ab/c", "12:ab c", "12 :abc", "12:a\nb", "٣:abc"])
def test_a_token_of_another_form_is_refused_and_not_shown(token: str) -> None:
    (reason,) = reasons(TELEGRAM_BOT_TOKEN=token)
    assert "TELEGRAM_BOT_TOKEN" in reason
    assert token not in reason


def test_a_bot_api_server_of_ones_own_is_taken() -> None:
    settings = read(TELEGRAM_BASE_URL="http://127.0.0.1:8081/bot", TELEGRAM_BASE_FILE_URL="http://[::1]/file/bot")
    assert settings.base_url == "http://127.0.0.1:8081/bot"
    assert settings.base_file_url == "http://[::1]/file/bot"


@pytest.mark.parametrize("name", URLS)
@pytest.mark.parametrize("url", ["x", "ftp://a/file/bot", "http://a/", "/file/bot", "http:///file/bot", "http://[/bot"])
def test_a_wrong_address_is_refused_by_name_with_an_example(name: str, url: str) -> None:
    (reason,) = reasons(**{name: url})
    assert name in reason
    assert "https://api.telegram.org" in reason


def test_admins_are_numeric_ids() -> None:
    assert read(TUTOR_ADMINS=" 12, 345,,12").admins == {12, 345}
    (reason,) = reasons(TUTOR_ADMINS="12,ada,-3")
    assert "'ada', '-3'" in reason


def test_a_webhook_is_taken_with_its_usual_port() -> None:
    assert read(**HOOK).webhook == Webhook(HOOK["TUTOR_WEBHOOK_URL"], SECRET, 8443)
    assert read(**HOOK, TUTOR_WEBHOOK_PORT="80").webhook == Webhook(HOOK["TUTOR_WEBHOOK_URL"], SECRET, 80)


@pytest.mark.parametrize(
    ("name", "value"),
    [("TUTOR_WEBHOOK_URL", url) for url in ("http://tutor.example", "tutor.example", "https://[", "https:x")]
    + [("TUTOR_WEBHOOK_SECRET", secret) for secret in ("", "short", "with spaces, yes, spaces", "x" * 257)]
    + [("TUTOR_WEBHOOK_PORT", port) for port in ("0", "65536", "-1", "http", "8.5", "9" * 5000)],
)
def test_each_part_of_a_webhook_is_checked(name: str, value: str) -> None:
    (reason,) = reasons(**(HOOK | {name: value}))
    assert name in reason


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(Refused) as refused:
        Settings.read(dict.fromkeys(NAMES, "?"))
    assert len(refused.value.reasons) == len(NAMES)


def test_token_and_secret_are_never_shown() -> None:
    settings = read(**HOOK)
    for shown in (repr(settings), str(settings), f"{settings.webhook}"):
        assert TOKEN not in shown
        assert SECRET not in shown


@given(st.dictionaries(st.sampled_from(NAMES), st.one_of(st.text(), st.sampled_from([*HOOK.values(), TOKEN, "9" * 9]))))
@example({"TELEGRAM_BASE_URL": "http://[/bot"})
def test_whatever_the_environment_says_settings_are_read_or_refused(environment: dict[str, str]) -> None:
    try:
        Settings.read(environment)
    except Refused as refused:
        assert all("\n" not in reason for reason in refused.reasons)


def test_the_key_lies_beside_the_store_or_where_it_is_said() -> None:
    assert key_file({}, Path("a/tutor.db")) == Path("a/tutor.key")
    assert key_file({"TUTOR_KEY_FILE": " "}, Path("a/tutor.db")) == Path("a/tutor.key")
    assert key_file({"TUTOR_KEY_FILE": "~/keys/one"}, Path("a/tutor.db")) == Path.home() / "keys/one"


def test_logs_are_for_people_and_figures_are_off_unless_asked_for() -> None:
    assert (read().log, read().metrics_port) == ("human", None)
    settings = read(TUTOR_LOG=" json ", TUTOR_METRICS_PORT="9464")
    assert (settings.log, settings.metrics_port) == ("json", 9464)


def test_messages_go_at_the_pace_of_telegram_or_of_a_server_that_takes_more() -> None:
    assert read().per_second == 30
    assert read(TUTOR_MESSAGES_PER_SECOND=" 250 ").per_second == 250
    assert read(TUTOR_MESSAGES_PER_SECOND="1.5").per_second == 1.5


@pytest.mark.parametrize("value", ["0", "0.5", "-3", "10001", "nan", "inf", "1e3", "many", "٣"])
def test_a_pace_that_is_none_is_refused_by_name(value: str) -> None:
    (reason,) = reasons(TUTOR_MESSAGES_PER_SECOND=value)
    assert "TUTOR_MESSAGES_PER_SECOND must be from 1 to 10000" in reason
    assert value in reason


@pytest.mark.parametrize(("name", "value"), [("TUTOR_LOG", "xml"), ("TUTOR_METRICS_PORT", "all")])
def test_another_log_or_port_is_refused_by_name(name: str, value: str) -> None:
    (reason,) = reasons(**{name: value})
    assert name in reason
    assert value in reason
