"""Scorers are loaded when needed, anew when a version is published, and few are kept in memory."""

import shutil
from pathlib import Path

import pytest
from small_essays import publish

from bot.scorers import KEPT, Scorers
from data.store import Store


@pytest.fixture(scope="module")
def essays(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with a scorer."""
    folder = tmp_path_factory.mktemp("scorers")
    with Store(folder / "t.db") as store:
        return publish(store, folder / "models")


def test_a_scorer_is_loaded_once_and_anew_when_a_version_is_published(
    essays: Path, store: Store, tmp_path: Path
) -> None:
    models = Path(shutil.copytree(essays, tmp_path / "models"))
    scorers = Scorers(models)
    first = scorers.find("essays")
    assert first is not None and first.model == "essays 0001"
    assert scorers.find("essays") is first
    assert not first.takes_new
    assert first.standing("p1") is first.standing("p1")
    publish(store, models, seed=1)
    second = scorers.find("essays")
    assert second is not None and second.model == "essays 0002"


def test_a_name_without_a_scorer_and_a_damaged_one_give_none(essays: Path, tmp_path: Path) -> None:
    models = Path(shutil.copytree(essays, tmp_path / "models"))
    (models / "scores" / "essays" / "0001" / "head" / "examples.jsonl").write_text("[]\n")
    assert Scorers(models).find("essays") is None
    assert Scorers(models).find("none") is None


def test_few_scorers_are_kept_in_memory(essays: Path, tmp_path: Path) -> None:
    models = Path(shutil.copytree(essays, tmp_path / "models"))
    names = [f"n{i}" for i in range(KEPT)]
    for name in names:
        shutil.copytree(models / "scores" / "essays", models / "scores" / name)
    scorers = Scorers(models)
    first = scorers.find("essays")
    for name in names:
        assert scorers.find(name) is not None
    assert scorers.find("essays") is not first
