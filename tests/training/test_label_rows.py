"""Labels files: read row by row, refused with line numbers, parted so that near-duplicates stay together."""

from pathlib import Path

import numpy as np
import pytest
from labelled_rows import rows, written

from data.errors import Refused
from training.label_rows import Rows, check_rows, examples_of, parted, read_rows


def test_a_file_is_read_with_what_is_out_of_scope_apart(tmp_path: Path) -> None:
    made = rows(3, ("far away", "not here"))
    found = read_rows(written(tmp_path / "f.csv", made))
    assert found == made
    assert found.names == ("ba", "de", "fi", "go")
    assert found.targets.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]


def test_the_same_row_counts_once_and_the_order_does_not_change_the_fingerprint(tmp_path: Path) -> None:
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    one.write_text("text,label\na b,x\nc d,y\na b,x\n", encoding="utf-8")
    other.write_text("label,text\ny,c d\nx,a b\n", encoding="utf-8")
    assert read_rows(one).texts == ("a b", "c d")
    assert read_rows(one).fingerprint == read_rows(other).fingerprint


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("text,label\n,x\n", "line 2: the text is empty"),
        ("text,label\na,\n", "line 2: the label is empty"),
        ("text,label\n", "has no rows"),
        ("text,topic\na,x\n", "topic"),
    ],
)
def test_what_is_no_labels_file_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "f.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Refused, match=reason):
        read_rows(file)


@pytest.mark.parametrize(
    ("labels", "reason"), [(("x", "x"), "has 1 labels besides oos"), (("x", "x", "y"), "fewer than 2 rows .* 'y'")]
)
def test_too_little_to_learn_from_is_refused(labels: tuple[str, ...], reason: str) -> None:
    texts = tuple(f"text {i}" for i in range(len(labels)))
    with pytest.raises(Refused, match=reason):
        check_rows(Rows(texts, labels, ()), Path("f.csv"))


def test_each_row_is_held_out_once_and_near_duplicates_together() -> None:
    made = rows(14)
    texts = [*made.texts, "how do I find my own card here", "how do I find my own card here ?"]
    examples = examples_of(Rows(tuple(texts), (*made.labels, "ba", "ba"), ()), balanced=False)
    folds = parted(examples, 5)
    held = [i for _, part in folds for i in part.tolist()]
    assert sorted(held) == list(range(len(texts)))
    assert all(not set(train) & set(part) and len(train) + len(part) == len(texts) for train, part in folds)
    assert any({len(texts) - 2, len(texts) - 1} <= set(part.tolist()) for _, part in folds)
    targets = np.array([min(e.answers) for e in examples])
    assert all(set(targets[train]) == set(targets) for train, _ in folds)


def test_balanced_rows_weigh_the_same_for_each_label() -> None:
    examples = examples_of(Rows(("a", "b", "c", "d"), ("x", "x", "x", "y"), ()), balanced=True)
    assert [e.weight for e in examples] == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2])
    assert {e.weight for e in examples_of(rows(2), balanced=False)} == {1.0}
