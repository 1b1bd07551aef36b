"""`python -m bot doctor`: look at everything a bot needs, one finding a line, each with what to do about it.

It changes nothing and may run beside a bot. Store, key and backups are looked at by `data.diagnosis`.
"""

import json
import shutil
import sqlite3
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from bot.settings import Settings, key_file
from data.diagnosis import Finding, backups_found, key_found, store_found
from data.errors import Refused, TutorError
from qa_model.backends import Verdict, kept, wanted

MIN_FREE_BYTES = 100 * 1024**2  # under it, a night's questions may not fit
LOW_FREE_BYTES = 1024**3
MAX_SKEW_S = 30.0
REACH_S = 10.0
MIN_SQLITE = (3, 38, 0)  # strict tables, `returning`, JSON
PROJECT = "course-tutor"
REFUSALS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND)  # what Telegram answers to a token that it does not know
INSTALL = "run `pip install -e .` in the checkout"
ROLLBACK = "`python -m training rollback`, or publish another version"


def examine(environment: Mapping[str, str], db: Path, models: Path) -> Iterator[Finding]:
    """Yield every finding, in the order in which one would look."""
    yield from versions_found()
    yield from disk_found({"disk of the store": db, "disk of the models": models})
    yield from store_found(db)
    yield from key_found(db, key_file(environment, db))
    yield backups_found(folder_of_backups(environment, db))
    yield model_found(models)
    yield from labels_found(models)
    yield from telegram_found(environment)


def line(finding: Finding) -> str:
    """Return a finding as people read it."""
    return f"{finding.level:7}  {finding.about}: {finding.told}" + (f" -> {finding.advice}" if finding.advice else "")


def folder_of_backups(environment: Mapping[str, str], db: Path) -> Path:
    """Return where the nightly backups lie: TUTOR_BACKUPS, else `backups` beside the store."""
    named = environment.get("TUTOR_BACKUPS", "").strip()
    return Path(named).expanduser() if named else db.with_name("backups")


def versions_found() -> Iterator[Finding]:
    """Compare SQLite and the packages with what this version was made for."""
    if sqlite3.sqlite_version_info < MIN_SQLITE:
        needed = ".".join(map(str, MIN_SQLITE))
        yield Finding("versions", "error", f"SQLite {sqlite3.sqlite_version} is too old", f"use {needed} or newer")
    try:
        wanted = [Requirement(told) for told in requires(PROJECT) or []]
    except PackageNotFoundError:
        yield Finding("versions", "error", f"{PROJECT} is not installed", INSTALL)
        return
    wrong = [told for package in wanted for told in _wrong(package)]
    if wrong:
        yield Finding("versions", "error", "; ".join(wrong), INSTALL)
        return
    told = ", ".join(f"{name} {version(name)}" for name in ("python-telegram-bot", "torch", "transformers"))
    python = ".".join(map(str, sys.version_info[:3]))
    yield Finding("versions", "ok", f"Python {python}, SQLite {sqlite3.sqlite_version}, {told}")


def disk_found(places: Mapping[str, Path]) -> Iterator[Finding]:
    """Look at the room there is, wherever the paths are or will be."""
    for about, path in places.items():
        place = next(part for part in (path, *path.absolute().parents) if part.is_dir())
        free = shutil.disk_usage(place).free
        told = f"{free / 1024**3:,.1f} GiB free at {place}"
        if free < MIN_FREE_BYTES:
            yield Finding(about, "error", told, "free some space: soon nothing can be recorded")
        elif free < LOW_FREE_BYTES:
            yield Finding(about, "warning", told, "free some space: a backup or a new version may not fit")
        else:
            yield Finding(about, "ok", told)


def model_found(models: Path) -> Finding:
    """Check the model that serves by its hashes, load it, and embed a text with it."""
    from qa_model import bundle
    from qa_model.encoder import Encoder

    try:
        named = bundle.current(models)
        chosen = bundle.serving(models)
        encoder = Encoder.load(chosen.folder)
        vectors = encoder.encode(["a question"], "query")
    except TutorError as error:
        return Finding("model", "error", str(error), ROLLBACK)
    if not abs(float((vectors**2).sum()) - 1) <= 1e-3:  # nan too
        return Finding("model", "error", f"version {chosen.version} gives no unit vectors", ROLLBACK)
    if chosen.version != named:
        told = f"version {named} does not pass its check; {chosen.version} serves in its place"
        return Finding("model", "error", told, ROLLBACK)
    return _served(chosen.version, encoder.backend.name, kept(chosen.folder, encoder.hash))


def labels_found(models: Path) -> Iterator[Finding]:
    """Check each labels model that is published by its hashes, load it, and label a text with it."""
    from qa_model import bundle
    from qa_model.labels import load_labels

    for folder in sorted(part for part in (models / "labels").glob("*") if part.is_dir()):
        about = f"labels of {folder.name}"
        advice = f"`python -m training rollback --kind labels/{folder.name}`, or fit it again"
        try:
            named = bundle.current(models, f"labels/{folder.name}")
            if named == bundle.BASE:
                continue
            model = load_labels(models, folder.name)
            model.label(["a question"])
        except Exception as error:  # whatever a record that is whole but odd leads to
            yield Finding(about, "error", str(error), advice)
            continue
        if model.version != named:
            told = f"version {named} does not pass its check; {model.version} serves in its place"
            yield Finding(about, "error", told, advice)
        else:
            yield Finding(about, "ok", f"version {named} is whole and loads")


def _served(version: str, backend: str, verdict: Verdict | None) -> Finding:
    """Say what computes the vectors, and why it is not what was chosen for this machine."""
    told = f"version {version} is whole and loads, served by {backend}"
    if verdict is not None and verdict.name == "onnx" and backend != "onnx" and not wanted():
        advice = "the log says why; run `pip install --force-reinstall onnxruntime`"
        return Finding("model", "warning", f"{told}: ONNX Runtime, which is faster here, does not start", advice)
    return Finding("model", "ok", told + (f" ({verdict.reason})" if verdict is not None and verdict.reason else ""))


def telegram_found(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Check the settings; ask Telegram who the bot is, and compare the clocks."""
    try:
        settings = Settings.read(environment)
    except Refused as refused:
        yield from (Finding("settings", "error", reason, "see the README's table") for reason in refused.reasons)
        return
    yield Finding("settings", "ok", "the token and what else is set have the right form")
    try:
        status, body, date = _get_me(settings)
    except OSError as error:
        reason = getattr(error, "reason", error)
        where = settings.base_url.removesuffix("/bot")
        yield Finding("telegram", "warning", f"{where} cannot be reached ({reason})", "check network and proxy")
        return
    if status in REFUSALS:
        yield Finding("telegram", "error", "the token is refused", "copy it again from @BotFather")
    elif status != HTTPStatus.OK or "username" not in body:
        yield Finding("telegram", "warning", f"answers {status} to getMe", "try again later")
    else:
        yield Finding("telegram", "ok", f"reached as @{body['username']}")
    if date:
        yield _skew(date)


def _get_me(settings: Settings) -> tuple[int, dict[str, Any], str]:
    """Return status, result and Date of Telegram's answer. Raises OSError if there is none."""
    try:
        # The address was checked to be http or https.
        with urllib.request.urlopen(f"{settings.base_url}{settings.token}/getMe", timeout=REACH_S) as answer:
            return answer.status, _result(answer.read()), answer.headers.get("Date", "")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {}, error.headers.get("Date", "")


def _result(body: bytes) -> dict[str, Any]:
    try:
        result = json.loads(body)["result"]
    except (ValueError, KeyError, TypeError):
        return {}
    return dict(result) if isinstance(result, dict) else {}


def _skew(date: str) -> Finding:
    skew_s = time.time() - parsedate_to_datetime(date).timestamp()
    told = f"{abs(skew_s):.0f} s {'ahead of' if skew_s > 0 else 'behind'} Telegram's"
    if abs(skew_s) > MAX_SKEW_S:
        return Finding("clock", "warning", told, "let the machine keep time by NTP: `timedatectl set-ntp true`")
    return Finding("clock", "ok", told)


def _wrong(package: Requirement) -> list[str]:
    if package.marker is not None and not package.marker.evaluate({"extra": ""}):
        return []
    try:
        there = version(package.name)
    except PackageNotFoundError:
        return [f"{package.name} is missing"]
    fits = package.specifier.contains(there, prereleases=True)
    return [] if fits else [f"{package.name} {there} is not {package.specifier}"]
