"""Imports between the packages go one way, and each package keeps to its own weight."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "data": {"data"},
    "qa_model": {"data", "qa_model"},
    "training": {"data", "qa_model", "training"},
    "bot": {"data", "qa_model", "bot"},
}
NOT_IN_DATA = {"torch", "transformers", "accelerate", "telegram"}
MODULES = [path for package in MAY_IMPORT for path in sorted((ROOT / package).rglob("*.py"))]
MAX_LINES = 250


def imported(path: Path) -> Iterator[str]:
    """Yield the top-level packages that a module imports, wherever in it the import stands."""
    own = path.relative_to(ROOT).parts[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield own if node.level else (node.module or "").split(".")[0]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_between_packages_go_one_way(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    assert set(imported(path)) & set(MAY_IMPORT) <= MAY_IMPORT[package]


@pytest.mark.parametrize("path", [p for p in MODULES if p.is_relative_to(ROOT / "data")], ids=lambda path: path.name)
def test_data_needs_no_model_and_no_chat_library(path: Path) -> None:
    assert not set(imported(path)) & NOT_IN_DATA


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_what_it_is_for_and_holds_one_idea(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(source))
    assert len(source.splitlines()) <= MAX_LINES
