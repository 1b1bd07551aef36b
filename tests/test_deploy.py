"""What is deployed names commands, options and packages that are there, and each service is shut off."""

import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest

from bot.__main__ import main as bot
from data.__main__ import main as data

ROOT = Path(__file__).parent.parent
UNITS = sorted((ROOT / "deploy").glob("*.service"))
GROUPS = {"bot": bot, "data": data}
SHUT_OFF = (
    "NoNewPrivileges=yes",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateTmp=yes",
    "UMask=0077",
    "MemoryMax=",
)


def command(unit: Path) -> list[str]:
    """Return the words after `python -m` of what a unit starts."""
    (line,) = re.findall(r"^ExecStart=(.*)$", unit.read_text(encoding="utf-8"), re.MULTILINE)
    words = shlex.split(line)
    assert words[:2] == ["/opt/tutor/venv/bin/python", "-m"]
    return words[2:]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_starts_a_command_that_takes_its_arguments(unit: Path) -> None:
    package, name, *arguments = command(unit)
    started = GROUPS[package].commands[name]
    assert isinstance(started.make_context(name, arguments), click.Context)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_is_shut_off(unit: Path) -> None:
    told = unit.read_text(encoding="utf-8")
    assert "User=tutor" in told
    assert [line for line in SHUT_OFF if line not in told] == []


def test_the_image_holds_every_package_and_runs_the_bot_without_rights() -> None:
    told = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (torch,) = [told for told in project["project"]["dependencies"] if told.startswith("torch")]
    for package in {name.split(".")[0] for name in project["tool"]["setuptools"]["packages"]}:
        assert f"COPY {package} {package}\n" in told
    assert f'"{torch}"' in told
    assert told.index("USER tutor") < told.index('CMD ["bot", "run"]')
    assert "run" in bot.commands
