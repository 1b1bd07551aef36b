"""A training that was interrupted goes on where it was, to the result that it would have had."""

import logging
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import tiny
import torch
from command_line import Cli, only_json
from torch import Tensor, nn

from data.errors import Refused
from qa_model.block import Text, texts_of
from qa_model.encoder import Encoder
from qa_model.vectors import VectorCache, embed
from training.checkpoints import FILE, Checkpoint
from training.examples import Example
from training.loop import train
from training.modes import full, quick
from training.trained import Batch, Head, Settings, State, Trained

KNOWN = [replace(entry, key=i) for i, entry in enumerate(tiny.topics(wordings=4), 1)]
EXAMPLES = [Example(text, e.course, frozenset({e.key}), 1.0) for e in KNOWN for text in e.alternates]
SETTINGS = Settings(lr=2e-3, epochs=3, batch_size=8)
MADE_FROM = {"data": "a", "settings": "b", "base": "c"}


class Interrupted(Exception):
    """What ends a training in the middle."""


def run(
    folder: Path, mode: str, checkpoint: Checkpoint | None, settings: Settings = SETTINGS, stop: int = 0
) -> Trained:
    """Train; at step number `stop` it is interrupted."""
    encoder = Encoder.load(folder, training=True)
    passages: list[Text] = [texts_of(entry)[0] for entry in KNOWN]
    vectors = embed(Encoder.load(folder), passages, VectorCache(None))
    validation = EXAMPLES[::7]
    work = full(encoder, KNOWN, validation) if mode == "full" else quick(encoder, KNOWN, validation, vectors)
    steps = iter(range(1, 10**6))

    def loss(batch: Batch) -> Tensor:
        if next(steps) == stop:
            raise Interrupted
        return work.loss(batch)

    return train(
        encoder, EXAMPLES, loss, work.validate, settings, lambda *_: None, grouped=work.grouped, checkpoint=checkpoint
    )


def kept(path: Path, resume: bool = False) -> Checkpoint:
    """A checkpoint that is written at each step."""
    return Checkpoint(path / FILE, MADE_FROM, resume, every_s=0)


def same(one: State, other: State) -> bool:
    return all(torch.equal(value, other[name]) for name, value in one.items())


@pytest.mark.parametrize("mode", ["quick", "full"])
@pytest.mark.parametrize("kind", ["bert", "gpt"])
@pytest.mark.parametrize("stop", [3, 9, 15])  # within an epoch, at the first step of the second, within that
def test_it_goes_on_to_the_same_weights(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, mode: str, stop: int
) -> None:
    folder = request.getfixturevalue(kind)
    whole = run(folder, mode, None)
    with pytest.raises(Interrupted):
        run(folder, mode, kept(tmp_path), stop=stop)
    resumed = run(folder, mode, kept(tmp_path, resume=True))
    assert same(whole.state, resumed.state)
    assert (whole.epoch, whole.scores) == (resumed.epoch, resumed.scores)
    assert resumed.losses == pytest.approx(whole.losses, rel=1e-6)


def test_it_goes_on_between_two_halves_of_an_accumulated_batch(tmp_path: Path, bert: Path) -> None:
    settings = replace(SETTINGS, batch_size=4, accumulate=2)
    whole = run(bert, "quick", None, settings)
    with pytest.raises(Interrupted):
        run(bert, "quick", kept(tmp_path), settings, stop=8)
    assert same(whole.state, run(bert, "quick", kept(tmp_path, resume=True), settings).state)


def test_a_head_goes_on_too(tmp_path: Path, bert: Path) -> None:
    def fit(checkpoint: Checkpoint | None, stop: int = 0) -> Trained:
        encoder = Encoder.load(bert, training=True)
        torch.manual_seed(0)
        head = Head(nn.Linear(encoder.dim, len(KNOWN)), 1e-2)
        steps = iter(range(1, 10**6))

        def loss(batch: Batch) -> Tensor:
            if next(steps) == stop:
                raise Interrupted
            found = head.module(encoder.forward(encoder.tokenize([e.text for e in batch], "query")))
            return nn.functional.cross_entropy(found, torch.tensor([min(e.answers) - 1 for e in batch]))

        return train(encoder, EXAMPLES, loss, lambda: 0.0, SETTINGS, lambda *_: None, head=head, checkpoint=checkpoint)

    whole = fit(None)
    with pytest.raises(Interrupted):
        fit(kept(tmp_path), stop=12)
    resumed = fit(kept(tmp_path, resume=True))
    assert whole.head is not None and resumed.head is not None
    assert same(whole.head, resumed.head) and same(whole.state, resumed.state)


def test_one_that_was_done_is_not_trained_again(tmp_path: Path, bert: Path) -> None:
    whole = run(bert, "quick", kept(tmp_path))
    assert same(whole.state, run(bert, "quick", kept(tmp_path, resume=True), stop=1).state)


def test_what_was_made_from_something_else_is_refused(tmp_path: Path) -> None:
    kept(tmp_path).write({})
    for name, told in (("data", "other data"), ("settings", "other settings")):
        other = Checkpoint(tmp_path / FILE, {**MADE_FROM, name: "x"}, resume=True)
        with pytest.raises(Refused, match=f"was made with {told}: run `fit answers` without --resume"):
            other.read()


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04 cut off"])
def test_a_damaged_one_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(Refused, match="the checkpoint is damaged: run `fit answers` without --resume"):
        kept(tmp_path, resume=True).read()


def test_one_that_holds_code_is_refused(tmp_path: Path) -> None:
    torch.save({"made_from": MADE_FROM, "state": {"x": Interrupted("code")}}, tmp_path / FILE)
    with pytest.raises(Refused, match="damaged"):
        kept(tmp_path, resume=True).read()


@contextmanager
def full_disk(size: int) -> Iterable[None]:  # type: ignore[misc]  # a generator is one
    """No file can grow beyond so many bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_told_and_training_goes_on(tmp_path: Path, bert: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), full_disk(20_000):
        trained = run(bert, "quick", kept(tmp_path), replace(SETTINGS, epochs=1))
    assert len(trained.losses) == 1
    assert "cannot be written" in caplog.text and "goes on without a checkpoint" in caplog.text
    assert list(tmp_path.iterdir()) == []


def test_a_round_killed_in_the_middle_is_resumed(cli: Cli, place: list[str], tmp_path: Path, bert: Path) -> None:
    fit = ["fit", "answers", *place, "--base", str(bert), "--epochs", "400", "--publish", "never", "--lr", "1e-3"]
    checkpoint = tmp_path / "models" / FILE
    process = subprocess.Popen([sys.executable, "-m", "training", *fit], stderr=subprocess.DEVNULL)
    _wait(lambda: checkpoint.exists() or process.poll() is not None)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL and checkpoint.exists()
    code, _, err = cli(*fit, "--seed", 5, "--resume")
    assert code == 1 and "the checkpoint was made with other settings" in err
    code, out, err = cli(*fit, "--resume", "--json")
    assert code == 0 and "epoch 1:" not in err
    assert len(only_json(out)["training"]["losses"]) > 1
    assert not checkpoint.exists()
    code, _, err = cli(*fit, "--resume")
    assert code == 1 and "there is no checkpoint to resume from" in err


def test_other_data_is_refused(cli: Cli, place: list[str], tmp_path: Path, bert: Path) -> None:
    fit = ["fit", "answers", *place, "--base", str(bert), "--epochs", "1"]
    Checkpoint(tmp_path / "models" / FILE, {"data": "of yesterday"}).write({})
    code, _, err = cli(*fit, "--resume")
    assert code == 1 and "the checkpoint was made with other data and settings and base" in err


def _wait(done: Callable[[], bool]) -> None:
    ends = time.monotonic() + 120
    while not done() and time.monotonic() < ends:
        os.sched_yield()
