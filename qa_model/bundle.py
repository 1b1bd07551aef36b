"""Bundles: a model with everything that is needed to serve it, published whole or not at all.

Files: `answers/0007/` holds the encoder and `bundle.json`; `answers/current` names the version that serves.
"""

import json
import logging
import math
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from data.records import now
from qa_model.base import DEFAULT_BASE, ModelError, resolve, sha256
from qa_model.fusion import Policies, Policy

BASE = "base"  # what `current` says when no bundle serves
RECORD = "bundle.json"
_VERSION = re.compile(r"\d{4,}")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Serving:
    """The model that serves: its version (`base` for the bare base model), folder and policies."""

    version: str
    folder: Path
    policies: Policies


def versions(models: Path, kind: str = "answers") -> list[str]:
    """Return the versions that are there, oldest first."""
    folder = models / kind
    found = [part.name for part in folder.iterdir() if _VERSION.fullmatch(part.name)] if folder.is_dir() else []
    return sorted(found, key=int)


def current(models: Path, kind: str = "answers") -> str:
    """Return the version that is published, `base` if none is."""
    try:
        return (models / kind / "current").read_text(encoding="ascii").strip() or BASE
    except FileNotFoundError:
        return BASE
    except (OSError, ValueError) as error:
        raise ModelError(f"{models / kind / 'current'}: cannot be read ({error}); publish a version anew") from error


def publish(models: Path, version: str, kind: str = "answers") -> None:
    """Make a version the one that serves, atomically. Raises ModelError if it does not pass its check."""
    if version != BASE:
        verify(models, version, kind)
    folder = models / kind
    draft = folder / f".current.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with draft.open("w", encoding="ascii") as file:
            file.write(version + "\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(folder / "current")
    except OSError as error:
        raise ModelError(f"{folder}: cannot be written ({error.strerror}); what served before serves on") from error


def write(models: Path, fill: Callable[[Path], None], record: dict[str, Any], kind: str = "answers") -> str:
    """Write a new bundle beside the others and rename it into place; return its version.

    `fill` writes the model into the folder it is given; `record` goes into bundle.json with every file's SHA-256.
    Raises ModelError if it cannot be written; then nothing of it is left.
    """
    folder = models / kind
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".new-", dir=folder))
    except OSError as error:
        raise ModelError(f"{folder}: cannot be written ({error.strerror})") from error
    try:
        fill(draft)
        files = {str(p.relative_to(draft)): sha256(p) for p in sorted(draft.rglob("*")) if p.is_file()}
        whole = {**record, "created_at": now(), "files": files}
        (draft / RECORD).write_text(json.dumps(whole, indent=2, ensure_ascii=False), encoding="utf-8")
        draft.chmod(0o755)
        return _into_place(draft, folder)
    except OSError as error:
        raise ModelError(f"{folder}: the bundle cannot be written ({error})") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def read_record(models: Path, version: str, kind: str = "answers") -> dict[str, Any]:
    """Return a version's bundle.json. Raises ModelError, naming the versions there are, if there is none."""
    if version not in versions(models, kind):
        there = ", ".join(versions(models, kind)) or "none yet"
        raise ModelError(f"no version {version!r} of {kind}; there are: {there}")
    path = models / kind / version / RECORD
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(record.get("files"), dict) or not isinstance(record.get("policy"), dict):
            raise ValueError("files or policy are missing")
    except (OSError, ValueError, AttributeError) as error:
        raise ModelError(f"{path}: cannot be read ({error}): the bundle is damaged") from error
    return dict(record)


def verify(models: Path, version: str, kind: str = "answers") -> dict[str, Any]:
    """Check every file of a bundle against its SHA-256 and return its record. Raises ModelError if one differs."""
    record = read_record(models, version, kind)
    for name, known in record["files"].items():
        path = models / kind / version / name
        if not path.is_file() or sha256(path) != known:
            raise ModelError(f"{path}: is missing or was changed: the bundle is damaged")
    return record


def serving(models: Path, kind: str = "answers") -> Serving:
    """Return what serves: the published version, or the one before it where that fails its check, in the end the base.

    A version that is refused is logged with the reason.
    """
    version = current(models, kind)
    tried: set[str] = set()
    while version != BASE and version not in tried:
        tried.add(version)
        try:
            return version_serving(models, version, kind)
        except ModelError as error:
            logger.warning("version %s is refused, the one before it serves: %s", version, error)
            version = _before(models, version, kind)
    return base_serving()


def base_serving() -> Serving:
    """Return the bare base model with the shipped policy."""
    return Serving(BASE, resolve(DEFAULT_BASE), Policies())


def version_serving(models: Path, version: str, kind: str = "answers") -> Serving:
    """Return one version, or `base`, after its check. Raises ModelError if there is none or it is damaged."""
    if version == BASE:
        return base_serving()
    policies = read_policies(verify(models, version, kind))
    return Serving(version, models / kind / version, policies)


def read_policies(record: dict[str, Any]) -> Policies:
    """Return the policies of a bundle's record. Raises ModelError if they are not of this program's form."""
    try:
        courses = {course: _policy(own) for course, own in record["policy"].get("courses", {}).items()}
        return Policies(_policy(record["policy"]["default"]), courses)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise ModelError(f"bundle.json: the policy cannot be read ({error!r}); fit again") from error


def policies_record(policies: Policies) -> dict[str, Any]:
    """Return policies as they stand in bundle.json."""
    courses = {course: asdict(policy) for course, policy in policies.courses.items()}
    return {"default": asdict(policies.default), "courses": courses}


def _policy(told: dict[str, Any]) -> Policy:
    numbers = {n: tuple(map(_number, v)) if isinstance(v, list | tuple) else _number(v) for n, v in told.items()}
    if numbers.keys() != {f.name for f in fields(Policy)}:
        raise ValueError(f"holds {', '.join(told)}")
    policy = Policy(**numbers)  # type: ignore[arg-type]  # the constructor counts the numbers
    if not all(map(math.isfinite, (*policy.weights, *policy.slopes, policy.bias, policy.answer_at, policy.suggest_at))):
        raise ValueError("a number is missing")
    return policy


def _number(told: object) -> float:
    if isinstance(told, bool) or not isinstance(told, int | float):
        raise TypeError(f"{told!r} is no number")
    return float(told)


def _before(models: Path, version: str, kind: str) -> str:
    """Return the version that served before, by the record if it can be read, else by number."""
    try:
        return str(read_record(models, version, kind).get("parent") or BASE)
    except ModelError:
        earlier = [v for v in versions(models, kind) if int(v) < int(version)] if _VERSION.fullmatch(version) else []
        return earlier[-1] if earlier else BASE


def _into_place(draft: Path, folder: Path) -> str:
    """Rename to the next free number; a run that takes it in between makes us take the one after."""
    while True:
        taken = [int(part.name) for part in folder.iterdir() if _VERSION.fullmatch(part.name)]
        version = f"{max(taken, default=0) + 1:04d}"
        try:
            draft.rename(folder / version)
            return version
        except OSError:
            if not (folder / version).exists():
                raise
