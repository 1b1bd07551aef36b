"""What a forgotten person asked is in no later round, and the rounds that learned from it are known."""

import sqlite3
from contextlib import closing
from pathlib import Path

import tiny

from data.forgetting import forget
from data.people import meet
from data.privacy import versions_of
from data.store import Store
from data.traces import vector_key
from qa_model import bundle
from training.examples import gather
from training.fit import Fitted, fit_answers
from training.learning import Recipe
from training.trained import Settings

ANN, WORDING = "a" * 32, "babel my name is Anna Schmidt"
SCRUBBED = "babel my name is <name>"


def fit(store: Store, models: Path, bert: Path) -> Fitted:
    recipe = Recipe("quick", str(bert), 0.0, Settings(lr=1e-5, epochs=1))
    return fit_answers(store, models, recipe, "always", lambda *_: None)


def keys(models: Path) -> set[bytes]:
    with closing(sqlite3.connect(models / "vectors.db")) as db:
        return {key for (key,) in db.execute("select key from vectors")}


def test_a_round_learns_scrubbed_and_after_forgetting_not_at_all(store: Store, tmp_path: Path, bert: Path) -> None:
    entries = tiny.fill(store, tiny.topics())
    store.write(meet, ANN)
    tiny.react(store, WORDING, entries[0], "chosen", ANN)
    store.write(
        lambda db: db.execute(
            "insert into feedback (question, entry, vote, role, given_at) select id, ?, 'correction', 'teacher', '' "
            "from questions",
            [entries[0].key],
        )
    )
    first = fit(store, tmp_path, bert)
    assert SCRUBBED in [example.text for example in store.read(gather).examples]
    assert store.read(versions_of, ANN) == (first.version,)
    known = keys(tmp_path)
    assert vector_key("query", SCRUBBED) in known or vector_key("query", WORDING) in known

    gone = forget(store, tmp_path, ANN)
    assert gone.versions == (first.version,)
    material = store.read(gather)
    assert not [example for example in material.examples if "babel my name" in example.text]
    assert not [entry for entry in material.entries if entry.confirmed]
    left = keys(tmp_path)
    assert not {vector_key(kind, text) for kind in ("query", "passage") for text in (WORDING, SCRUBBED)} & left
    assert "babel my name" not in (tmp_path / "answers" / first.version / "bundle.json").read_text(encoding="utf-8")
    bundle.verify(tmp_path, first.version)

    fit(store, tmp_path, bert)
    rows = store.read(lambda db: db.execute("select version, person from learned_from").fetchall())
    assert rows == [(first.version, None)]
