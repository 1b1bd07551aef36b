"""What tests of all packages share."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from data.store import Store

# Tests run side by side, one process to a core: more threads would only get in each other's way.
# Read when torch is imported, here and in the processes that tests start.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# What serves is measured where it is not told; the tests of that say so.
os.environ.setdefault("TUTOR_BACKEND", "onnx")

# How long an example takes says more of what else the machine does than of the code.
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a store with nothing in it, to be copied: its tables are made once."""
    path = tmp_path_factory.mktemp("store") / "tutor.db"
    Store(path).close()
    return path


@pytest.fixture
def store(empty_store: Path, tmp_path: Path) -> Iterator[Store]:
    """An empty store in a temporary folder."""
    with Store(Path(shutil.copy(empty_store, tmp_path / "tutor.db"))) as opened:
        yield opened
