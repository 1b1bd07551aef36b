"""The doctor says which backend serves, and warns where it is not the one that was chosen."""

import pytest

from bot import doctor
from qa_model.backends import Verdict


def test_torch_in_the_place_of_what_was_chosen_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TUTOR_BACKEND", raising=False)
    found = doctor._served("base", "torch", Verdict("onnx"))
    assert (found.level, "does not start" in found.told) == ("warning", True)


def test_the_reason_why_torch_serves_is_told() -> None:
    found = doctor._served("base", "torch", Verdict("torch", reason="torch is faster here"))
    assert (found.level, found.told.partition("served by ")[2]) == ("ok", "torch (torch is faster here)")
