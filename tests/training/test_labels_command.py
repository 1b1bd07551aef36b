"""`fit labels`, `evaluate labels`, and their versions published, rolled back and listed."""

from pathlib import Path

import pytest
from command_line import Cli, only_json
from labelled_rows import OUTSIDE, rows, written

from data.store import Store
from training.label_fit import FEW, _verdict, chosen
from training.label_rows import Rows


@pytest.fixture
def common(tmp_path: Path) -> list[str]:
    """The common options, of a store that is not there yet."""
    return ["--db", str(tmp_path / "new" / "tutor.db"), "--models", str(tmp_path / "models")]


def fit(cli: Cli, file: Path, base: Path, common: list[str], *more: object) -> tuple[int, str, str]:
    return cli("fit", "labels", file, "--name", "topics", "--base", base, *common, "--epochs", 2, "--lr", 0.002, *more)


@pytest.mark.parametrize("recipe", ["classic", "frozen", "tuned", "few"])
def test_each_recipe_is_fitted_published_and_evaluated(
    cli: Cli, common: list[str], tmp_path: Path, bert: Path, recipe: str
) -> None:
    file = written(tmp_path / "rows.csv", rows(14, OUTSIDE if recipe == "frozen" else ()))
    code, out, _ = fit(cli, file, bert, common, "--recipe", recipe, "--balanced", "--json")
    result = only_json(out)
    assert (code, result["version"], result["published"]) == (0, "0001", True)
    assert result["reason"].startswith("the first model of this name; accuracy ")
    assert (result["training"]["recipe"], result["training"]["balanced"]) == (recipe, True)
    test = written(tmp_path / "test.csv", rows(7, OUTSIDE[:5]))
    code, out, _ = cli("evaluate", "labels", test, "--name", "topics", *common, "--json")
    result = only_json(out)
    assert code == 0
    assert result.keys() >= {"n", "accuracy", "macro_f1", "oos_recall", "oos_auroc", "labels"}
    assert (result["n"], result["model"], result["unknown_labels"]) == (33, "0001", [])
    assert result["accuracy"] > 0.4 and 0 <= result["oos_auroc"] <= 1


def test_versions_are_published_rolled_back_and_listed_like_answers(
    cli: Cli, common: list[str], tmp_path: Path, bert: Path
) -> None:
    file = written(tmp_path / "rows.csv", rows(14))
    assert fit(cli, file, bert, common, "--recipe", "frozen")[0] == 0
    code, out, _ = fit(cli, file, bert, common, "--recipe", "frozen", "--publish", "never")
    assert code == 0 and "version 0002, not published: --publish never; accuracy" in out
    kind = ("--kind", "labels/topics")
    assert cli("publish", "0002", *kind, *common)[:2] == (0, "serving now: 0002\n")
    code, out, _ = cli("rollback", *kind, *common, "--json")
    assert (code, only_json(out)) == (0, {"current": "0001", "rolled_back": "0002"})
    told = only_json(cli("history", *kind, *common, "--json")[1])
    assert (told["current"], told["serving"]) == ("0001", "0001")
    assert [e["event"] for e in told["events"]] == [
        "fitted",
        "published",
        "fitted",
        "declined",
        "published",
        "rolled back",
    ]
    assert only_json(cli("history", *common, "--json")[1])["events"] == []
    code, _, err = cli("rollback", "--kind", "labels/other", *common)
    assert code == 1 and "no version of labels/other is published" in err


def test_a_picture_is_drawn_and_unknown_labels_are_named(
    cli: Cli, common: list[str], tmp_path: Path, bert: Path
) -> None:
    assert fit(cli, written(tmp_path / "rows.csv", rows(14)), bert, common, "--recipe", "frozen")[0] == 0
    test, picture = tmp_path / "test.csv", tmp_path / "confusion.png"
    test.write_text("text,label\nbabel q00,ba\nbabel q01,sport\n", encoding="utf-8")
    code, out, _ = cli("evaluate", "labels", test, "--name", "topics", *common, "--plot", picture)
    assert code == 0 and "the model does not know the labels sport: their rows are wrong" in out
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert cli("evaluate", "labels", test, "--name", "topics", *common, "--plot", tmp_path / "c.pdf")[0] == 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "there is no such file"),
        ("text,label\n", "has no rows"),
        ("text,label\na,x\nb,x\n", "it takes 2 to tell texts apart"),
        ("text,label\na,x\nb,x\nc,y\nd,y\n", "nothing can be held out"),
    ],
)
def test_what_cannot_be_learned_from_exits_1(
    cli: Cli, common: list[str], tmp_path: Path, bert: Path, content: str | None, reason: str
) -> None:
    file = tmp_path / "rows.csv"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    code, out, err = fit(cli, file, bert, common)
    assert (code, out) == (1, "") and reason in err


def test_evaluating_a_model_that_is_not_there_says_what_to_do(cli: Cli, common: list[str], tmp_path: Path) -> None:
    file = written(tmp_path / "rows.csv", rows(2))
    code, _, err = cli("evaluate", "labels", file, "--name", "none", *common)
    assert code == 1 and "run `python -m training fit labels FILE --name none`" in err


@pytest.mark.parametrize(
    "args",
    [
        ("fit", "labels", "f.csv"),
        ("fit", "labels", "f.csv", "--name", "a/b"),
        ("fit", "labels", "f.csv", "--name", ".."),
        ("fit", "labels", "f.csv", "--name", "a", "--recipe", "best"),
        ("history", "--kind", "labels"),
        ("publish", "0001", "--kind", "labels/../answers"),
    ],
)
def test_wrong_usage_exits_2(cli: Cli, args: tuple[str, ...]) -> None:
    assert cli(*args)[0] == 2


def test_the_recipe_goes_by_the_rows_of_a_label() -> None:
    assert chosen(rows(FEW - 1)) == "few"
    assert chosen(rows(FEW)) == "tuned"
    many = Rows(("word " * 8000,) * 60, ("a", "b") * 30, ())
    assert chosen(many) == "frozen"


def test_a_version_that_is_worse_on_what_it_held_out_is_declined(
    cli: Cli, common: list[str], tmp_path: Path, bert: Path
) -> None:
    assert fit(cli, written(tmp_path / "rows.csv", rows(14)), bert, common, "--recipe", "frozen")[0] == 0
    models = tmp_path / "models"
    worse, better = (_verdict(models, "labels/topics", "0001", {"accuracy": a, "n": 400}) for a in (0.01, 1.0))
    assert not worse.better and better.better
    assert "that of version 0001" in worse.reason
    with Store(tmp_path / "new" / "tutor.db") as store:
        assert store.read(lambda db: db["model_versions"].count) == 2
