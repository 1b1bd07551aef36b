"""Labels and scores over a GPT-like base, which pools by its last token and has no pad token."""

from pathlib import Path

import pytest
import scored
from command_line import Cli, only_json
from labelled_rows import rows, written


@pytest.mark.parametrize("recipe", ["frozen", "tuned"])
def test_labels_are_learned_over_a_gpt_like_base(
    cli: Cli, place: list[str], tmp_path: Path, gpt: Path, recipe: str
) -> None:
    file = written(tmp_path / "rows.csv", rows(14))
    more = ("--base", gpt, "--recipe", recipe, "--epochs", 3, "--lr", 0.002)
    assert cli("fit", "labels", file, "--name", "topics", *more, *place)[0] == 0
    told = only_json(cli("evaluate", "labels", file, "--name", "topics", *place, "--json")[1])
    assert told["accuracy"] > 0.5  # of four labels


def test_scores_are_learned_over_a_gpt_like_base(cli: Cli, place: list[str], tmp_path: Path, gpt: Path) -> None:
    train = scored.write(tmp_path / "train.csv", scored.scored(("p1", "p2"), 40))
    assert cli("fit", "scores", train, "--name", "essays", "--base", gpt, *place)[0] == 0
    test = scored.write(tmp_path / "test.csv", scored.scored(("p1", "p2"), 20, seed=1))
    told = only_json(cli("evaluate", "scores", test, "--name", "essays", *place, "--json")[1])
    assert told["qwk"] > 0.5 and told["qwk"] > told["baselines"]["length_only"]["qwk"]
