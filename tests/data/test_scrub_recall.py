"""What points to a person goes and the rest stays, on lists of made-up sentences, one of which no rule was made on.

`python tests/benchmarks/bench_scrub.py` prints the figures; the floors here lie a little below them.
"""

from pathlib import Path

import pytest
from scrub_lists import DEVELOPMENT, HELD_OUT, measure, read

MIN_PRECISION = 0.9


@pytest.mark.parametrize(
    ("path", "language", "min_recall"),
    [
        (DEVELOPMENT, "English", 0.9),
        (DEVELOPMENT, "Chinese", 0.8),
        (HELD_OUT, "English", 0.75),
        (HELD_OUT, "Chinese", 0.65),
    ],
)
def test_recall_and_precision_hold_on_phrasings_never_seen(path: Path, language: str, min_recall: float) -> None:
    found = measure(read(path))
    for kind, least in (("items", min_recall), ("replaced", MIN_PRECISION)):
        right, every = found[language, kind]
        assert right / every >= least, (kind, right, every)


def test_the_held_out_list_is_long_and_shares_no_sentence_with_the_other() -> None:
    held, other = ({sentence.text for sentence in read(path)} for path in (HELD_OUT, DEVELOPMENT))
    assert len(held) >= 200
    assert not held & other
