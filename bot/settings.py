"""The settings of `bot run`, read once from the environment; what is wrong is named, and the token never shown."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bot.logs import FORMS, Form
from data.errors import Refused

TELEGRAM_PER_SECOND = 30.0
MAX_PER_SECOND = 10_000.0

_TOKEN = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")
_SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}")


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where Telegram sends updates to, and the word by which we know that it is Telegram."""

    url: str
    secret: str = field(repr=False)
    port: int = 8443


@dataclass(frozen=True, slots=True)
class Settings:
    """What `bot run` needs to know. `admins` are numeric Telegram ids."""

    token: str = field(repr=False)
    base_url: str = "https://api.telegram.org/bot"
    base_file_url: str = "https://api.telegram.org/file/bot"
    admins: frozenset[int] = frozenset()
    webhook: Webhook | None = None
    log: Form = "human"
    metrics_port: int | None = None
    per_second: float = TELEGRAM_PER_SECOND  # messages that the Bot API server takes

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the variables. Raises Refused with one line for each that is missing or wrong."""
        reasons: list[str] = []
        token = environment.get("TELEGRAM_BOT_TOKEN", "").strip()
        if not token:
            reasons.append(
                "TELEGRAM_BOT_TOKEN is not set: open a chat with @BotFather on Telegram, send /newbot, "
                "then `export TELEGRAM_BOT_TOKEN=...` with what it gives you"
            )
        elif not _TOKEN.fullmatch(token):
            reasons.append("TELEGRAM_BOT_TOKEN is not of the form 123456:ABC...: copy it again from @BotFather")
        settings = cls(
            token,
            _url(environment, "TELEGRAM_BASE_URL", "https://api.telegram.org/bot", "/bot", reasons),
            _url(environment, "TELEGRAM_BASE_FILE_URL", "https://api.telegram.org/file/bot", "/file/bot", reasons),
            _admins(environment.get("TUTOR_ADMINS", ""), reasons),
            _webhook(environment, reasons),
            _form(environment.get("TUTOR_LOG", "").strip(), reasons),
            _port(environment, "TUTOR_METRICS_PORT", reasons),
            _rate(environment.get("TUTOR_MESSAGES_PER_SECOND", "").strip(), reasons),
        )
        if reasons:
            raise Refused(reasons)
        return settings


def key_file(environment: Mapping[str, str], db: Path) -> Path:
    """Return where the key of the pseudonyms lies: TUTOR_KEY_FILE, else beside the store."""
    named = environment.get("TUTOR_KEY_FILE", "").strip()
    return Path(named).expanduser() if named else db.with_name("tutor.key")


def _url(environment: Mapping[str, str], name: str, default: str, ending: str, reasons: list[str]) -> str:
    url = environment.get(name, "").strip() or default
    if not _is_address(url, "http", "https") or not url.endswith(ending):
        reasons.append(f"{name} must be an http(s) address ending in {ending}, such as {default}")
    return url


def _is_address(url: str, *schemes: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:  # such as a bracket that is not closed
        return False
    return parts.scheme in schemes and bool(parts.netloc)


def _admins(value: str, reasons: list[str]) -> frozenset[int]:
    parts = [part.strip() for part in value.split(",") if part.strip()]
    wrong = [part for part in parts if not re.fullmatch(r"[0-9]{1,19}", part)]
    if wrong:
        reasons.append(
            f"TUTOR_ADMINS must be numeric Telegram ids with commas between, not {', '.join(map(repr, wrong))}"
        )
    return frozenset(int(part) for part in parts if part not in wrong)


def _webhook(environment: Mapping[str, str], reasons: list[str]) -> Webhook | None:
    url = environment.get("TUTOR_WEBHOOK_URL", "").strip()
    if not url:
        return None
    if not _is_address(url, "https"):
        reasons.append("TUTOR_WEBHOOK_URL must be an https address: Telegram sends to no other")
    secret = environment.get("TUTOR_WEBHOOK_SECRET", "").strip()
    if not _SECRET.fullmatch(secret):
        reasons.append("TUTOR_WEBHOOK_SECRET must be 16 to 256 letters, digits, '_' or '-'")
    return Webhook(url, secret, _port(environment, "TUTOR_WEBHOOK_PORT", reasons) or 8443)


def _port(environment: Mapping[str, str], name: str, reasons: list[str]) -> int | None:
    port = environment.get(name, "").strip()
    if not port or (re.fullmatch("[0-9]{1,5}", port) and 0 < int(port) < 65536):
        return int(port) if port else None
    reasons.append(f"{name} must be a port from 1 to 65535, not {port[:20]!r}")
    return None


def _rate(value: str, reasons: list[str]) -> float:
    if not value:
        return TELEGRAM_PER_SECOND
    rate = float(value) if re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,3})?", value) else 0.0
    if not 1 <= rate <= MAX_PER_SECOND:
        reasons.append(f"TUTOR_MESSAGES_PER_SECOND must be from 1 to {MAX_PER_SECOND:.0f}, not {value[:20]!r}")
    return rate


def _form(value: str, reasons: list[str]) -> Form:
    form = next((form for form in FORMS if form == value), None)
    if form is None and value:
        reasons.append(f"TUTOR_LOG must be {' or '.join(FORMS)}, not {value[:20]!r}")
    return form or "human"
