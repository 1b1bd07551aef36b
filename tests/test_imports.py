"""What starts often starts quickly: commands import nothing heavy that they do not need."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"torch", "transformers", "accelerate", "scipy", "matplotlib", "telegram"}


def loaded(work: str) -> set[str]:
    """Run Python and return which heavy packages it had loaded in the end."""
    code = f"import atexit, sys; atexit.register(lambda: print('LOADED', *sys.modules)); {work}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {*done.stdout.rpartition("LOADED")[2].split()}


@pytest.mark.parametrize("package", ["bot", "data", "training"])
def test_help_imports_nothing_heavy(package: str) -> None:
    run = f"import runpy; sys.argv = ['{package}', '--help']; runpy.run_module('{package}', run_name='__main__')"
    assert not loaded(run) & HEAVY


def test_one_answer_needs_neither_torch_nor_a_chat_library(tmp_path: Path) -> None:
    from data import sample
    from data.store import Store

    with Store(tmp_path / "tutor.db") as store:
        store.write(sample.load)
    common = ["--db", str(tmp_path / "tutor.db"), "--models", str(tmp_path / "models")]
    asked = ["bot", "ask", "Which learning rate?", "--course", "fine-tuning", *common]
    found = loaded(f"import runpy; sys.argv = {asked!r}; runpy.run_module('bot', run_name='__main__')")
    assert not found & {*HEAVY, "openpyxl", "bs4", "data.names", "bot.service"}
