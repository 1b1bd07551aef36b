"""Tiny models, written once for the tests of this package, and a small library over one of them."""

from pathlib import Path

import pytest
import tiny
from small_library import CHINESE, ENGLISH, OTHER, over

from qa_model.answerer import Answerer
from qa_model.encoder import Encoder


@pytest.fixture(scope="session")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a BERT-like model."""
    return tiny.bert(tmp_path_factory.mktemp("models") / "bert")


@pytest.fixture(scope="session")
def gpt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a GPT-like model, whose tokenizer has no pad token."""
    return tiny.gpt(tmp_path_factory.mktemp("models") / "gpt")


@pytest.fixture(scope="session")
def encoder(bert: Path) -> Encoder:
    """The BERT-like model as it is served."""
    return Encoder.load(bert)


@pytest.fixture(scope="session")
def answerer(encoder: Encoder) -> Answerer:
    """Answers over all courses of the small library."""
    return over(encoder, [*ENGLISH, *OTHER, *CHINESE])
