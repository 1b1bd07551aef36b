"""Scored texts are read whole or refused with a line for each reason."""

from pathlib import Path

import pytest

from data.errors import Refused
from data.scored import ScoredWork, Work, check_learnable, read_scored


def written(folder: Path, text: str) -> Path:
    path = folder / "scores.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_rows_are_read_with_what_they_have(tmp_path: Path) -> None:
    path = written(
        tmp_path, "prompt_id,text,score,prompt,reference,score2\n1,An answer.,2.5,Why?,So.,3\n1,Other,0,,,\n"
    )
    assert read_scored(path) == [
        ScoredWork(Work("1", "An answer.", "Why?", "So."), 2.5, 3.0),
        ScoredWork(Work("1", "Other"), 0.0),
    ]


def test_an_empty_text_is_a_text(tmp_path: Path) -> None:
    assert read_scored(written(tmp_path, "prompt_id,text,score\n1,,0\n"))[0].work.text == ""


@pytest.mark.parametrize("score", ["", "good", "nan", "inf", "2,5"])
def test_a_score_that_is_no_number_is_refused_with_its_line(tmp_path: Path, score: str) -> None:
    path = written(tmp_path, f'prompt_id,text,score\n1,fine,1\n1,An answer.,"{score}"\n')
    with pytest.raises(Refused, match=r"line 3: score is .* write a number"):
        read_scored(path)


def test_every_bad_row_is_named(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        read_scored(written(tmp_path, "prompt_id,text,score,score2\n,a,1,\n2,b,1,x\n"))
    assert len(refused.value.reasons) == 2


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("prompt_id,text\n1,a\n", "score"),
        ("prompt_id,text,score,mark\n", "mark"),
        ("prompt_id,text,score\n", "no rows"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        read_scored(written(tmp_path, text))


def test_a_prompt_with_few_rows_or_one_score_is_nothing_to_learn_from(tmp_path: Path) -> None:
    works = [ScoredWork(Work("few", "a"), 1), *(ScoredWork(Work("same", str(i)), 1) for i in range(3))]
    with pytest.raises(Refused) as refused:
        check_learnable(tmp_path / "scores.csv", works, 3)
    few, same = refused.value.reasons
    assert "'few' has 1 rows, it takes 3" in few
    assert "'same' has the score 1" in same
