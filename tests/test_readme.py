"""The README names every command with its options, and nothing that is not there."""

import re
from pathlib import Path

import click
import pytest

from bot.__main__ import main as bot
from data.__main__ import main as data
from training.__main__ import main as training

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
COMMON = {"--db", "--models", "--json"}


def commands(group: click.Group, words: str) -> dict[str, click.Command]:
    """Return every command below a group by how it is called."""
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        called = f"{words} {name}"
        found |= commands(command, called) if isinstance(command, click.Group) else {called: command}
    return found


EVERY = {
    name: command
    for group, words in ((data, "data"), (bot, "bot"), (training, "training"))
    for name, command in commands(group, f"python -m {words}").items()
}


def row(called: str) -> str:
    """Return the README's table row of a command."""
    found = [line for line in README.splitlines() if re.match(rf"\| `{re.escape(called)}[ `]", line)]
    assert len(found) == 1, f"{called} stands {len(found)} times in the README's table"
    return found[0]


@pytest.mark.parametrize("called", EVERY)
def test_the_readme_names_exactly_the_options_of_each_command(called: str) -> None:
    options = {option for p in EVERY[called].params for option in p.opts if option.startswith("--")}
    assert options >= COMMON
    assert set(re.findall(r"--[a-z-]+", row(called))) == options - COMMON


def test_the_readme_names_no_command_that_is_not_there() -> None:
    called = re.findall(r"^\| `(python -m [a-z -]+?)(?: [][A-Z ]+)?`", README, re.MULTILINE)
    assert set(called) == set(EVERY)


def test_the_first_command_of_the_readme_is_the_contract() -> None:
    blocks = re.findall(r"```\n(.*?)```", README, re.DOTALL)
    assert "pip install -e . && python -m data sample && python -m bot chat\n" in blocks
    assert "pip install -e '.[test]' && pytest\n" in blocks
