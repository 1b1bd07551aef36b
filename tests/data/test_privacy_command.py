"""The commands `person`, `forget` and `retain`, as a maintainer runs them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from persons import ANN, BOB, ask, course

from data.__main__ import main
from data.errors import TutorError
from data.privacy import note_learned
from data.store import Store

TEXT = "how fast should it learn"


@pytest.fixture
def filled(store: Store) -> Store:
    """A store with a question of Ann's, from which version 0001 learned."""
    lr, _ = course(store)
    ask(store, ANN, TEXT, lr, asked_at="2020-01-01T00:00:00.000Z")
    store.write(note_learned, "0001", [ANN])
    return store


def run(store: Store, *arguments: str) -> Result:
    places = ("--db", str(store.path), "--models", str(store.path.parent / "models"))
    return CliRunner().invoke(main, [*arguments, *places])


def test_person_shows_everything(filled: Store) -> None:
    assert json.loads(run(filled, "person", ANN).stdout)["questions"][0]["text"] == TEXT
    assert json.loads(run(filled, "person", ANN, "--json").stdout)["person"]["id"] == ANN


@pytest.mark.parametrize("command", ["person", "forget"])
def test_a_pseudonym_that_nobody_has_is_refused(filled: Store, command: str) -> None:
    result = run(filled, command, BOB)
    assert isinstance(result.exception, TutorError)
    assert "nobody here has this pseudonym" in str(result.exception)


def test_forget_says_what_it_removed_and_what_it_cannot(filled: Store) -> None:
    aside = Path(f"{filled.path}.before-restore-1")
    aside.touch()
    said = run(filled, "forget", ANN).stdout
    assert "removed: 1 questions, 1 reactions, 1 escalations" in said
    assert "learned from it, so fit a new version and delete: 0001" in said
    assert f"delete it when you can: {aside}" in said
    assert "backups made before now" in said
    assert not filled.read(lambda db: db.execute("select * from questions").fetchall())


def test_forget_in_json(filled: Store) -> None:
    told = json.loads(run(filled, "forget", ANN, "--json").stdout)
    assert told["versions"] == ["0001"]
    assert told["removed"]["questions"] == 1


def test_check_names_the_version_that_learned_from_whom_was_forgotten(filled: Store) -> None:
    (filled.path.parent / "models" / "answers" / "0001").mkdir(parents=True)
    assert "0001" not in run(filled, "check").stdout
    run(filled, "forget", ANN)
    assert "version 0001 learned from 1 who asked to be forgotten" in run(filled, "check").stdout
    assert any("0001" in line for line in json.loads(run(filled, "check", "--json").stdout)["warnings"])


def test_retain_sets_the_days_and_applies_them(filled: Store) -> None:
    assert "0 questions" in run(filled, "retain").stdout
    said = run(filled, "retain", "--course", "c", "--days", "30").stdout
    assert said == (
        "c: 30 days\n"
        "removed: 1 questions, 0 practised, 0 recommended, 0 texts, 0 messages, 0 people; "
        "0 confirmed wordings are nobody's now\n"
    )
    told = json.loads(run(filled, "retain", "--days", "0", "--json").stdout)
    assert told["days"] == {"": 0, "c": 30}
    assert "every other course: until forgotten" in run(filled, "retain").stdout


def test_a_course_alone_sets_nothing(filled: Store) -> None:
    assert run(filled, "retain", "--course", "c").exit_code == 2
