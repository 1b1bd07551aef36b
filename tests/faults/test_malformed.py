"""A short run of what `malformed.py` does at length, and what it has found."""

import random
from pathlib import Path

import pytest
from malformed import generate, read, send
from updates import BASE, PRIVATE, USER, Json

TEXT = {**BASE, "text": "basel q0"}


async def test_malformed_updates_end_done_or_set_aside_and_nobody_sees_the_innards(tmp_path: Path) -> None:
    ended, wrong = await send(generate(120, 1), tmp_path)
    assert wrong == []
    assert ended.keys() <= {"done", "failed"}
    assert ended.total() == 121  # with the sound question after them


@pytest.mark.parametrize(
    "update",
    [
        {"message": {**TEXT, "from": {**USER, "language_code": {}}}},  # the apology stumbled over it, too
        {"message": {**TEXT, "from": {**USER, "id": 2**70}}},
        {"message": {**TEXT, "from": {**USER, "id": "1"}}},
        {"message": {**TEXT, "chat": {**PRIVATE, "id": []}}},  # the library stumbled, outside of a handler
        {"message": {**TEXT, "text": ["a"]}},
        {"message": {**TEXT, "text": "\ud800 basel"}},
    ],
)
async def test_an_update_that_nothing_can_be_made_of_is_not_tried_for_ever(update: Json, tmp_path: Path) -> None:
    ended, wrong = await send([update], tmp_path)
    assert (ended.total(), wrong) == (2, [])


def test_malformed_files_are_read_or_refused(tmp_path: Path) -> None:
    ended, wrong = read(400, random.Random(1), tmp_path)
    assert wrong == []
    assert ended.total() == 400
    assert ended["read"] > 0 < ended["refused"]
