"""A search over bases for scores: the same folds for each, what was measured is kept, the winner can be fitted."""

from pathlib import Path

import scored
from command_line import Cli, only_json

from training.score_tune import FILE


def test_bases_are_compared_on_the_same_folds_and_the_winner_is_fitted(
    cli: Cli, place: list[str], tmp_path: Path, bert: Path, gpt: Path
) -> None:
    file, picture = scored.write(tmp_path / "scored.csv", scored.scored(("p1", "p2"), 30)), tmp_path / "tune.png"
    search = ("tune", "scores", file, *place, "--base", f"{bert},{gpt}", "--folds", 2)
    code, out, err = cli(*search, "--json")
    first = only_json(out)
    assert code == 0 and "4 of 4: " in err and "fold 2: QWK 0." in err
    assert {one["base"] for one in first["settings"]} == {str(bert), str(gpt)}
    assert first["settings"][0]["qwk"].keys() == {"mean", "sd", "folds"} and len(first["settings"][0]["rmse"]) == 3
    lines = (tmp_path / "models" / FILE).read_text(encoding="utf-8")
    assert len(lines.splitlines()) == 4
    code, out, _ = cli(*search, "--plot", picture, "--fit", "--name", "essays")
    assert code == 0 and picture.read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "models" / FILE).read_text(encoding="utf-8") == lines
    told = out.splitlines()
    assert told[0].split() == ["QWK", "RMSE", "Pearson", "a", "fold", "setting"]
    assert told[-2].startswith("* the quickest setting within one standard error of the best")
    assert told[-1] == "version 0001, published: the first of its name"


def test_what_cannot_be_searched_is_said(cli: Cli, place: list[str], tmp_path: Path, bert: Path) -> None:
    works = scored.scored(("p1",), 25)
    same = [own for own in works if own.score == 2][:1] * 12 + [own for own in works if own.score == 3][:1] * 12
    file = scored.write(tmp_path / "scored.csv", same)
    code, _, err = cli("tune", "scores", file, "--base", bert, "--folds", 2, *place)
    assert code == 1 and "nothing to tune on: prompt 'p1' has too few texts of different scores" in err
    assert cli("tune", "scores", tmp_path / "none.csv", *place)[0] == 1
    for wrong in (("--fit",), ("--name", "essays"), ("--plot", "plot.jpg")):
        assert cli("tune", "scores", file, *wrong, *place)[0] == 2
