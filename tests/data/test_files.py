"""A draft leaves nothing behind, whatever happens to it."""

from pathlib import Path

import pytest

from data.files import draft


def test_a_draft_moved_into_place_stays(tmp_path: Path) -> None:
    with draft(tmp_path / "a.txt") as beside:
        beside.write_text("whole")
        beside.replace(tmp_path / "a.txt")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a.txt", "whole")]


def test_a_draft_given_up_is_gone_and_the_old_file_stands(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(KeyError), draft(tmp_path / "a.txt") as beside:
        beside.write_text("half")
        raise KeyError
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a.txt", "old")]


def test_two_drafts_of_one_file_have_two_names(tmp_path: Path) -> None:
    with draft(tmp_path / "a") as one, draft(tmp_path / "a") as other:
        assert one != other
        assert one.parent == other.parent == tmp_path
