"""`python -m data import-resources`: what would change, all or nothing, one line for each reason."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from data.__main__ import main
from data.errors import Refused
from data.resources import resources
from data.store import Store

GOOD = "course,id,title,url\nfine-tuning,film,A film,https://example.org/film\n"


def call(folder: Path, *args: str) -> Result:
    return CliRunner().invoke(main, [*args, "--db", str(folder / "t.db")])


def test_resources_are_imported_and_exported(tmp_path: Path) -> None:
    call(tmp_path, "sample")
    (tmp_path / "list.csv").write_text(GOOD)
    dry = call(tmp_path, "import-resources", str(tmp_path / "list.csv"), "--dry-run", "--replace")
    lines = dry.output.splitlines()
    assert lines[0] == "+ fine-tuning/film: A film"
    assert lines[-2:] == ["- and 5 more", "would be: 1 added, 0 changed, 25 retired, 0 left"]
    done = call(tmp_path, "import-resources", str(tmp_path / "list.csv"), "--json")
    assert json.loads(done.output) == {
        "dry_run": False, "left": 0, "added": 1, "added_ids": ["fine-tuning/film"],
        "changed": 0, "changed_ids": [], "retired": 0, "retired_ids": [],
    }  # fmt: skip
    out = call(tmp_path, "export", "resources", str(tmp_path / "out.csv"), "--course", "fine-tuning")
    assert out.output == f"26 resources written to {tmp_path / 'out.csv'}\n"


def test_a_wrong_file_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    call(tmp_path, "sample")
    (tmp_path / "list.csv").write_text(GOOD + "fine-tuning,x,X,ftp://example.org\n")
    refused = call(tmp_path, "import-resources", str(tmp_path / "list.csv"))
    assert isinstance(refused.exception, Refused)
    assert "line 3: url must be a link" in refused.exception.reasons[0]
    with Store(tmp_path / "t.db") as store:
        assert "film" not in {resource.id for resource in store.read(resources)}
    missing = call(tmp_path, "import-resources", str(tmp_path / "none.csv"))
    assert isinstance(missing.exception, Refused) and "there is no such file" in missing.exception.reasons[0]
    assert call(tmp_path, "import-resources", "x.csv", "--course", "a b").exit_code == 2


def test_an_import_is_taken_back(tmp_path: Path) -> None:
    call(tmp_path, "sample")
    (tmp_path / "list.csv").write_text(GOOD)
    call(tmp_path, "import-resources", str(tmp_path / "list.csv"), "--replace")
    number = call(tmp_path, "log").output.splitlines()[-1].split()[0]
    undone = call(tmp_path, "undo", number)
    assert undone.output == f"change {number} is undone: 26 resources are as before it\n"
    with Store(tmp_path / "t.db") as store:
        assert len(store.read(resources, "fine-tuning")) == 25
