"""Several processes train as one: the same result, and one of them writes and prints."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import tiny
import torch
from command_line import only_json
from safetensors.torch import load_file
from torch import nn

from data.store import Store
from qa_model.base import DEFAULT_BASE, resolve
from qa_model.block import texts_of
from qa_model.bundle import versions
from qa_model.encoder import Encoder
from qa_model.torch_backend import has_bf16
from qa_model.vectors import VectorCache
from training.processes import Team

# Without a GPU, `--multi_gpu` starts processes that meet by gloo; `--cpu` starts one, or leaves the rest to MPI.
LAUNCH = ["accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--num_machines", "1"]
LAUNCH += ["--mixed_precision", "no", "--dynamo_backend", "no"]
MEETING = """
import torch
from training.processes import Team

team = Team.start()
own = torch.full((len(range(3)[team.index::2]),), float(team.index), requires_grad=True)
rows = team.gathered(own.unsqueeze(1), 3).squeeze(1)
rows.sum().backward()
heard, listed = team.told("hello" if team.main else None), team.listed(team.index)
print(f"{team.index} of {team.count}: {heard} {listed} {rows.tolist()} {own.grad.tolist()}\\n", end="", flush=True)
team.leave()
"""


def port() -> int:
    """Return a port that is free."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def launched(*arguments: object, count: int = 2) -> subprocess.CompletedProcess[str]:
    """Run the command line of training, in two processes or in one."""
    module = [*LAUNCH, "--main_process_port", str(port()), "-m", "training"] if count == 2 else ["training"]
    return subprocess.run(
        [sys.executable, "-m", *module, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def still(folder: Path) -> Path:
    """A tiny model without dropout, which would fall otherwise in each process."""
    tiny.bert(folder)
    encoder = Encoder.load(folder, training=True)
    for module in encoder.model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    config = encoder.model.config
    config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.0
    encoder.model.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("mode", ["quick", "full"])
def test_two_processes_give_what_one_gives(place: list[str], tmp_path: Path, mode: str) -> None:
    base = still(tmp_path / "base")
    fit = ["fit", "answers", *place, "--base", base, "--mode", mode, "--average", 1, "--publish", "always", "--json"]
    fit += ["--lr", 1e-3, "--epochs", 2, "--batch-size", 9]  # which two processes cannot share evenly
    told = []
    for count in (1, 2):
        done = launched(*fit, count=count)
        assert done.returncode == 0, done.stderr
        assert ("2 processes" in done.stderr) == (count == 2)
        told.append(only_json(done.stdout))
        assert done.stderr.count("epoch 2:") == 1
    assert versions(tmp_path / "models") == ["0001", "0002"]
    loss, noise = (0.03, 0.1) if has_bf16(torch.device("cpu")) else (1e-3, 0.02)  # parts of batches round otherwise
    assert told[1]["training"]["losses"] == pytest.approx(told[0]["training"]["losses"], rel=loss)
    one, two = (load_file(tmp_path / "models" / "answers" / v / "model.safetensors") for v in ("0001", "0002"))
    before = Encoder.load(base, training=True).model.state_dict()
    moved = torch.cat([(one[name] - before[name]).flatten() for name in one])
    other = torch.cat([(two[name] - before[name]).flatten() for name in one])
    assert float(moved.norm()) > 0
    assert float((moved - other).norm()) < noise * float(moved.norm())


def test_the_processes_are_two(tmp_path: Path) -> None:
    (tmp_path / "told.py").write_text(MEETING, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", *LAUNCH, "--main_process_port", str(port()), str(tmp_path / "told.py")],
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path.cwd())},
    )
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.splitlines()) == [
        "0 of 2: hello [0, 1] [0.0, 1.0, 0.0] [1.0, 1.0]",
        "1 of 2: hello [0, 1] [0.0, 1.0, 0.0] [1.0]",
    ]


def test_with_nothing_to_learn_from_all_processes_end(tmp_path: Path) -> None:
    with Store(tmp_path / "tutor.db") as store:
        tiny.fill(store, tiny.topics(wordings=0))
    done = launched("fit", "answers", "--db", tmp_path / "tutor.db", "--models", tmp_path / "models")
    assert done.returncode == 1
    assert done.stderr.count("error: nothing to learn from") == 1


def test_labels_are_fitted_once(tmp_path: Path, bert: Path) -> None:
    rows = [f"{root}{ending},{root}" for root in tiny.ROOTS[:3] for ending in tiny.ENDINGS]
    (tmp_path / "rows.csv").write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    place = ["--db", tmp_path / "tutor.db", "--models", tmp_path / "models"]
    done = launched("fit", "labels", tmp_path / "rows.csv", "--name", "n", "--recipe", "frozen", "--base", bert, *place)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("version 0001") == 1
    assert versions(tmp_path / "models", "labels/n") == ["0001"]


def test_a_search_is_made_once(tmp_path: Path, bert: Path) -> None:
    rows = [f"{root}{ending},{root}" for root in tiny.ROOTS[:3] for ending in tiny.ENDINGS]
    (tmp_path / "rows.csv").write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    place = ["--db", tmp_path / "tutor.db", "--models", tmp_path / "models"]
    search = ["tune", "labels", tmp_path / "rows.csv", "--recipe", "frozen", "--base", bert, "--folds", 2]
    done = launched(*search, *place, "--json")
    assert done.returncode == 0, done.stderr
    assert len(only_json(done.stdout)["settings"]) == 1
    ledger = (tmp_path / "models" / "tune-labels.jsonl").read_text(encoding="utf-8")
    assert len(ledger.splitlines()) == 2  # a line for each fold


def test_each_process_embeds_its_share(place: list[str], tmp_path: Path) -> None:
    wanted = {text for entry in tiny.topics(roots=tiny.ROOTS[:8]) for text in texts_of(entry)}
    first = launched("embed", *place, "--json")
    assert first.returncode == 0, first.stderr
    assert only_json(first.stdout) == {"embedded": len(wanted), "processes": 2}
    cache = VectorCache(tmp_path / "models" / "vectors.db")
    assert cache.find(Encoder.load(resolve(DEFAULT_BASE)).hash, wanted).keys() == wanted
    cache.close()
    again = launched("embed", *place, "--json", count=1)
    assert only_json(again.stdout) == {"embedded": 0, "processes": 1}


def test_a_course_without_entries_is_refused(place: list[str]) -> None:
    done = launched("embed", *place, "--course", "nowhere", count=1)
    assert (done.returncode, done.stderr) == (1, "error: nowhere: has no entries\n")


@pytest.mark.parametrize("total", [1, 2, 5, 6])
def test_every_item_is_read_by_one_process(total: int) -> None:
    items = list(range(total))
    parts = [Team(index, 3).own(items) for index in range(3)]
    assert {item for part in parts for item in part} == set(items)
    assert all(parts)  # a process without a part still has to take the step with the others
    assert sum(map(len, parts)) == max(total, 3)


def test_alone_everything_is_ones_own() -> None:
    rows = torch.ones(3, 2)
    team = Team()
    assert (team.main, team.own([1, 2]), team.told("x"), team.listed(4)) == (True, [1, 2], "x", [4])
    assert team.gathered(rows, 3) is rows
