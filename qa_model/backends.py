"""Which backend serves an encoder here: the fastest that keeps its vectors, by a short measurement that is kept.

Files read and written: `backends/HASH.json` in TUTOR_CACHE (~/.cache/course-tutor), one for each encoder. They may be
deleted at any time. TUTOR_BACKEND=torch or =onnx decides instead of the measurement.
"""

import functools
import json
import logging
import os
import platform
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from data.files import draft
from qa_model.base import EncoderSpec, ModelError, cache_folder, encoder_hash, read_spec, sha256
from qa_model.onnx_graph import NotWritable
from qa_model.states import Backend, Vectors

MIN_COSINE = 0.999  # to what float32 in torch gives; below it, it is another encoder
NAMES = ("torch", "onnx")
SAME = 1e-5  # cosines that are so near have no order
SAMPLE = 200  # texts of a course, and questions, at most
TIMED = 9  # questions of which the time is taken
LOOKED_AT = 5  # texts whose order counts
# What is tried before a course is known: short and long, marks, another script, nothing at all.
TEXTS = (
    "What is the learning rate?",
    "how do i submit my homework 3 if i am late because of the strike",
    "Is there a difference between validation loss and training loss when the batch size is one?",
    "ValueError: shapes (3, 4) and (5,) not aligned",
    "什么是学习率?",
    "What does overfitting mean and what can I do against it? " * 8,
    "x",
    "",
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which backend serves an encoder, and why.

    `worst_cosine` of ONNX Runtime to torch in float32, `changed` of so many `questions` in another order, `ms` for one
    question; without them, `reason` says what hindered it.
    """

    name: str
    worst_cosine: float = 0.0
    questions: int = 0
    changed: int = 0
    ms: dict[str, float] | None = None
    reason: str = ""


def chosen(folder: Path, spec: EncoderSpec, hash: str) -> Backend:
    """Return the backend that serves the encoder in this folder. Raises ModelError if none can load it."""
    if wanted() == "torch":
        return _torch(folder, spec)
    if wanted() != "onnx":
        verdict = kept(folder, hash)
        if verdict is None:
            logger.info("%s: finding out what serves this model fastest here", folder)
            verdict = check(folder, spec, hash)
        if verdict.name != "onnx":
            return _torch(folder, spec)
    try:
        return _onnx(folder, spec)
    except NotWritable:
        return _torch(folder, spec)
    except Exception as error:  # the libraries raise whatever the damaged part raises
        logger.warning("%s: ONNX Runtime does not take this model, torch serves: %s", folder, error)
        return _torch(folder, spec)


def wanted() -> str:
    """Return what TUTOR_BACKEND asks for, empty if it is not set. Raises ModelError if it is no backend."""
    name = os.environ.get("TUTOR_BACKEND", "").strip()
    if name and name not in NAMES:
        raise ModelError(f"TUTOR_BACKEND: {name!r} is no backend; it is one of {', '.join(NAMES)}, or not set")
    return name


def check(
    folder: Path, spec: EncoderSpec, hash: str, texts: Sequence[str] = TEXTS, questions: Sequence[str] = TEXTS
) -> Verdict:
    """Compare the backends on texts and questions of a course, and keep the verdict for this machine.

    Raises ModelError if torch cannot load the model.
    """
    plain = _torch(folder, spec, exact=True)
    try:
        onnx = _onnx(folder, spec)
        verdict = _compared(plain, onnx, _torch(folder, spec), spec, texts, questions)
    except NotWritable as error:
        verdict = Verdict("torch", reason=str(error))
    except Exception as error:  # as above
        verdict = Verdict("torch", reason=f"ONNX Runtime fails ({type(error).__name__}: {error})")
    _keep(folder, hash, verdict)
    return verdict


def check_course(folder: Path, texts: Sequence[str], questions: Sequence[str]) -> Verdict:
    """Compare the backends on what a course has, or on a sample of it, before its model is published.

    Raises ModelError if torch cannot load the model.
    """
    spec = read_spec(folder)
    own = [every[:: -(-len(every) // SAMPLE)] if every else TEXTS for every in (texts, questions)]
    return check(folder, spec, encoder_hash(folder, spec), *own)


def kept(folder: Path, hash: str) -> Verdict | None:
    """Return the verdict that was kept for this encoder on this machine, None if there is none that can be read."""
    try:
        told = json.loads(_place(folder, hash).read_text(encoding="utf-8"))
        return Verdict(**told["verdict"]) if told["machine"] == machine() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


@functools.cache
def machine() -> str:
    """Return what a measurement depends on: processor, cores, GPU, versions."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8", errors="replace").splitlines() if info.is_file() else []
    model = next((line.split(":")[1].strip() for line in lines if line.startswith(("model name", "flags"))), "")
    versions = [f"{name} {_version(name)}" for name in ("torch", "transformers", "tokenizers", "onnxruntime")]
    gpu = "GPU" if Path("/dev/nvidiactl").exists() else "no GPU"
    return ", ".join([model or platform.machine(), f"{os.cpu_count()} cores", gpu, *versions])


def _compared(
    plain: Backend, onnx: Backend, torch: Backend, spec: EncoderSpec, texts: Sequence[str], questions: Sequence[str]
) -> Verdict:
    """Compare vectors and rankings with those of torch in float32, and speed with torch as it would serve."""
    expected, given = (_vectors(backend, texts, spec.passage_prefix, spec) for backend in (plain, onnx))
    asked, heard = (_vectors(backend, questions, spec.query_prefix, spec) for backend in (plain, onnx))
    worst = min(float((one * other).sum(1).min()) for one, other in ((expected, given), (asked, heard)))
    changed = _changed(asked @ expected.T, heard @ given.T)
    ms = _timed([torch, onnx], [spec.query_prefix + text for text in questions])
    verdict = Verdict("torch", round(worst, 6), len(questions), changed, {torch.name: ms[0], onnx.name: ms[1]})
    if not worst >= MIN_COSINE:  # nan too
        return replace(verdict, reason=f"cosine {worst:.4f} to torch in float32")
    if changed:
        return replace(verdict, reason=f"{changed} questions are ranked otherwise")
    return replace(verdict, name="onnx") if ms[1] < ms[0] else replace(verdict, reason="torch is faster here")


def _vectors(backend: Backend, texts: Sequence[str], prefix: str, spec: EncoderSpec) -> Vectors:
    """Return unit vectors, (texts, dim); a text without tokens gets the first unit vector, to be like itself."""
    parts = [backend.states(texts[i : i + 16], prefix).pooled(spec.pooling) for i in range(0, len(texts), 16)]
    vectors = np.concatenate(parts)
    vectors[~vectors.any(1), 0] = 1.0
    return vectors


def _changed(expected: Vectors, given: Vectors) -> int:
    """Return for how many questions the nearest texts stand in another order; both are cosines (questions, texts)."""
    order = np.argsort(-given, axis=1, kind="stable")[:, :LOOKED_AT]
    seen = np.take_along_axis(expected, order, 1)
    best = -np.sort(-expected, axis=1)[:, : order.shape[1]]
    return int((np.abs(seen - best) > SAME).any(1).sum())


def _timed(ways: Sequence[Backend], texts: Sequence[str]) -> list[float]:
    """Return the median time in ms of one question for each, in turn; each is warm."""
    taken: list[list[float]] = [[] for _ in ways]
    for i in range(TIMED + 2):
        for own, way in zip(taken, ways, strict=True):
            started = time.perf_counter()
            way.states([texts[i % len(texts)]])
            own.append((time.perf_counter() - started) * 1000)
    return [round(statistics.median(own[2:]), 2) for own in taken]


def _torch(folder: Path, spec: EncoderSpec, *, exact: bool = False) -> Backend:
    from qa_model.torch_backend import TorchBackend

    return TorchBackend.load(folder, spec, training=exact)


def _onnx(folder: Path, spec: EncoderSpec) -> Backend:
    from qa_model.onnx_backend import OnnxBackend

    return OnnxBackend(folder, spec)


def _place(folder: Path, hash: str) -> Path:
    return cache_folder() / "backends" / f"{hash}-{sha256(folder / 'config.json')[:8]}.json"


def _keep(folder: Path, hash: str, verdict: Verdict) -> None:
    path = _place(folder, hash)
    whole = json.dumps({"machine": machine(), "verdict": asdict(verdict)}, indent=2)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft(path) as beside:
            beside.write_text(whole, encoding="utf-8")
            beside.replace(path)
    except OSError as error:
        logger.warning("%s: cannot be written (%s): it is measured again at each start", path, error)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"
