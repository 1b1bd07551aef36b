"""Results survive a crash, and a line that it cut off is measured again."""

from pathlib import Path

import pytest

from data.errors import TutorError
from training.ledger import Ledger


def test_what_was_added_is_found_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "results.jsonl"
    Ledger(path).add({"lr": 2e-5, "fold": 0}, {"mrr": 0.5})
    Ledger(path).add({"lr": 2e-5, "fold": 1}, {"mrr": 0.25})
    ledger = Ledger(path)
    assert ledger.find({"fold": 1, "lr": 2e-5}) == {"mrr": 0.25}
    assert ledger.find({"fold": 2, "lr": 2e-5}) is None
    assert len(path.read_text().splitlines()) == 2


@pytest.mark.parametrize("torn", ['{"key": {"fold": 1}, "res', '{"key": {"fold": 1}}', "[1]", "null", "\xff"])
def test_a_torn_last_line_is_passed_over_and_not_written_on(tmp_path: Path, torn: str) -> None:
    path = tmp_path / "results.jsonl"
    Ledger(path).add({"fold": 0}, {"mrr": 0.5})
    with path.open("ab") as file:
        file.write(torn.encode("latin-1"))
    ledger = Ledger(path)
    assert ledger.find({"fold": 1}) is None
    ledger.add({"fold": 1}, {"mrr": 0.25})
    again = Ledger(path)
    assert (again.find({"fold": 0}), again.find({"fold": 1})) == ({"mrr": 0.5}, {"mrr": 0.25})


def test_a_file_that_cannot_be_read_or_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(TutorError, match=r"folder: cannot be read"):
        Ledger(tmp_path / "folder")
    ledger = Ledger(tmp_path / "results.jsonl")
    (tmp_path / "results.jsonl").mkdir()
    with pytest.raises(TutorError, match=r"results\.jsonl: cannot be written"):
        ledger.add({"fold": 0}, {"mrr": 0.5})
