"""Tiny models, written once for the tests of this package."""

from pathlib import Path

import pytest
import tiny


@pytest.fixture(scope="session")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a BERT-like model."""
    return tiny.bert(tmp_path_factory.mktemp("models") / "bert")


@pytest.fixture(scope="session")
def gpt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a GPT-like model, whose tokenizer has no pad token."""
    return tiny.gpt(tmp_path_factory.mktemp("models") / "gpt")
