"""Command line of the bot: `python -m bot COMMAND --help`."""

import asyncio
import functools
import getpass
import json
import locale
import logging
import os
import sys
from dataclasses import asdict
from typing import Any

import click

from data.cli import Common, common, run, track
from data.entries import find_course
from data.records import Answer, Candidate, Question

COURSE = click.option("--course", help="Ask in this course only.  [default: the only one, or all]")


@click.group()
def main() -> None:
    """The tutor: one question, a chat in the terminal, or Telegram."""


@main.command()
@click.argument("question")
@COURSE
@click.option("--lang", default="", help="Answer from entries in this language, such as en or zh.")
@common
def ask(options: Common, question: str, course: str | None, lang: str) -> None:
    """Answer one QUESTION; nothing is logged."""
    from bot.asking import check_question, readable

    question = readable(question)
    check_question(question)
    with options.store() as store:
        if course is not None:
            store.read(find_course, course)
        from qa_model.answerer import load_answerer
        from qa_model.course_labels import CourseLabels
        from qa_model.scope_gate import answered

        answerer = load_answerer(store, options.models, track)
    (answer,) = answered(answerer, CourseLabels(options.models), [Question(question, course, lang)])
    if options.as_json:
        options.emit(_as_json(answer), [])
    else:
        _print(answer, lang)


@main.command()
@COURSE
@common
def chat(options: Common, course: str | None) -> None:
    """The tutor in the terminal; needs no token and no network."""
    if options.as_json:
        raise click.UsageError("a chat has no --json; `python -m bot ask --json` has")
    from rich.console import Console

    from bot.console import Chat, piped, typed
    from bot.service import open_tutor
    from bot.settings import key_file
    from data.traces import given, history

    lang = _locale()
    with options.store() as store:
        chosen = store.read(find_course, course) if course is not None else None
        tutor, engine = open_tutor(store, options.models, key_file(os.environ, options.db), track)

        async def converse() -> None:
            person = tutor.person(f"console:{getpass.getuser()}")
            await tutor.meet(person, lang=lang)
            await tutor.choose_course(person, course)
            chat = Chat(tutor, person, chosen, lang, Console(), given(options.db))
            await chat.run(typed(history(options.db), chat.commands) if sys.stdin.isatty() else piped())

        try:
            asyncio.run(converse())
        finally:
            engine.close()


@main.command("run")
@common
def run_command(options: Common) -> None:
    """The tutor on Telegram; settings come from the environment (see README)."""
    from bot.settings import Settings, key_file

    settings = Settings.read(os.environ)
    logging.getLogger().setLevel(logging.INFO)
    from bot import app, metrics, watchdog
    from bot.alone import token_alone
    from bot.service import open_tutor
    from data.locks import running_alone

    with options.store() as store, running_alone(options.db), token_alone(settings.token, settings.base_url):
        tutor, engine = open_tutor(store, options.models, key_file(os.environ, options.db))
        wrong = functools.partial(watchdog.wrong, engine, settings.webhook)
        with watchdog.watched(engine):
            try:
                with metrics.served(settings.metrics_port, store, engine, wrong):
                    app.run(settings, tutor, store)
            finally:
                engine.close()


@main.command()
@click.option("--show", type=int, help="Print what this update said, as Telegram sent it.", metavar="ID")
@click.option("--replay", type=int, help="Try this update, or its messages, again.", metavar="ID")
@click.option("--drop", type=int, help="Give this update up and forget what it said.", metavar="ID")
@common
def quarantine(options: Common, show: int | None, replay: int | None, drop: int | None) -> None:
    """List what could not be read, kept failing or was not taken; also while the bot runs."""
    from bot import quarantine as room

    if sum(choice is not None for choice in (show, replay, drop)) > 1:
        raise click.UsageError("one of --show, --replay and --drop at a time")
    with options.store() as store:
        if show is not None:
            said = [room.said(item) for item in store.read(room.find, show)]
            options.emit({"said": said}, [json.dumps(item, ensure_ascii=False, indent=2) for item in said])
        elif replay is not None:
            store.write(room.replay, replay)
            options.emit({"replayed": replay}, [f"update {replay} is tried again by the bot that runs, or the next"])
        elif drop is not None:
            store.write(room.drop, drop)
            options.emit({"dropped": drop}, [f"update {drop} is dropped"])
        else:
            found = store.read(room.failed)
            options.emit({"failed": [room.record(item) for item in found]}, map(room.line, found))


@main.command()
@common
def doctor(options: Common) -> None:
    """Look at everything a bot needs and say what to do; exit 1 if something is an error."""
    from bot.doctor import examine, line

    findings = list(examine(os.environ, options.db, options.models))
    healthy = not any(finding.level == "error" for finding in findings)
    options.emit({"healthy": healthy, "findings": list(map(asdict, findings))}, map(line, findings))
    if not healthy:
        sys.exit(1)


def _as_json(answer: Answer) -> dict[str, Any]:
    candidates = [_candidate(candidate) for candidate in answer.candidates]
    return {"decision": answer.decision, "confidence": answer.confidence, "candidates": candidates}


def _candidate(candidate: Candidate) -> dict[str, Any]:
    entry = candidate.entry
    names = ("course", "id", "question", "answer", "section", "source_url")
    return {
        **{name: getattr(entry, name) for name in names},
        "score": candidate.score,
        "probability": candidate.probability,
    }


def _print(answer: Answer, lang: str) -> None:
    from rich.console import Console
    from rich.text import Text

    from bot.asking import Asked
    from bot.entry_shown import show_entry
    from bot.texts import texts_for

    console, texts, asked = Console(), texts_for(lang or _locale()), Asked(0, answer)
    if asked.best is not None:
        show_entry(console, asked.best, texts)
    else:
        console.print(Text(texts.suggest if asked.choices else texts.do_not_know))
        for candidate in asked.choices:
            console.print(Text(f"  - {candidate.entry.question} ({candidate.entry.course}/{candidate.entry.id})"))


def _locale() -> str:
    return (locale.getlocale()[0] or "").replace("_", "-")


if __name__ == "__main__":
    run(main, "bot")
