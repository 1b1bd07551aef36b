"""What no code of ours does: unpickle, run text as code, load a model's own code, start a shell."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = [
    path for package in ("bot", "data", "qa_model", "training") for path in sorted((ROOT / package).rglob("*.py"))
]
MODULES_THAT_RUN_WHAT_THEY_READ = {
    "pickle",
    "cPickle",
    "dill",
    "cloudpickle",
    "joblib",
    "marshal",
    "shelve",
    "subprocess",
}
MODULES_THAT_TRUST_XML = {"xml", "lxml"}
OF_XML_BUT_NO_PARSER = {"Element", "ParseError", "TreeBuilder"}  # what the careful parser is given and gives
FUNCTIONS = {"eval", "exec", "compile", "__import__"}
METHODS = {"os.system", "os.popen", "yaml.load", "accelerator.load_state", "pandas.read_pickle"}


def findings(tree: ast.AST) -> Iterator[str]:
    """Yield what stands in a module and must not."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            harmless = isinstance(node, ast.ImportFrom) and {a.name for a in node.names} <= OF_XML_BUT_NO_PARSER
            roots = {name.split(".")[0] for name in names} - ({"xml"} if harmless else set())
            yield from (f"import {r}" for r in roots & (MODULES_THAT_RUN_WHAT_THEY_READ | MODULES_THAT_TRUST_XML))
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name in FUNCTIONS | METHODS:
                yield f"{name}()"
            for keyword in node.keywords:
                true = isinstance(keyword.value, ast.Constant) and keyword.value.value is True
                if keyword.arg == "trust_remote_code" and ast.unparse(keyword.value) != "False":
                    yield "trust_remote_code"
                if keyword.arg in ("allow_pickle", "shell") and true:
                    yield keyword.arg
            if name == "torch.load" and "weights_only=True" not in map(ast.unparse, node.keywords):
                yield "torch.load() of more than tensors and plain values"
            if name.endswith("Model.from_pretrained"):
                told = {k.arg: ast.unparse(k.value) for k in node.keywords}
                if told.get("use_safetensors") != "True" or told.get("trust_remote_code") != "False":
                    yield f"{name}() without use_safetensors=True and trust_remote_code=False"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_runs_what_it_reads(path: Path) -> None:
    assert list(findings(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from pickle import loads",
        "import xml.etree.ElementTree as ET",
        "from xml.etree.ElementTree import Element, fromstring",
        "eval('1')",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "numpy.load(path, allow_pickle=True)",
        "Tokenizer.from_pretrained(x, trust_remote_code=True)",
        "Tokenizer.from_pretrained(x, trust_remote_code=trusted)",
        "AutoModel.from_pretrained(x, trust_remote_code=False)",
        "run(command, shell=True)",
    ],
)
def test_the_search_finds_what_it_looks_for(source: str) -> None:
    assert list(findings(ast.parse(source)))
