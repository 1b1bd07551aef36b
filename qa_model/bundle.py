"""Bundles: a model with everything that is needed to serve it, published whole or not at all.

Files: `answers/0007/` holds the encoder and `bundle.json`; `answers/current` names the version that serves. Other kinds
(`labels/NAME`, `scores/NAME`) lie beside it, with a head in each version.
"""

import json
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from data.records import now
from qa_model.base import DEFAULT_BASE, ModelError, resolve, sha256
from qa_model.fusion import Policies, Policy

BASE = "base"  # what `current` says when no bundle serves
RECORD = "bundle.json"
_WHAT_TO_DO = "publish another version, or fit again"
MAX_NUMBER = 1e6  # in a policy; keeps out inf and nan too
_SEVERAL = ("weights", "slopes")  # the parts of a policy that are lists
_VERSION = re.compile(r"\d{4,}")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Serving:
    """The model that serves: its version (`base` for the bare base model), folder and policies.

    `refused`: what should have served before it and did not pass its check, in that order, with the reasons.
    """

    version: str
    folder: Path
    policies: Policies
    refused: tuple[tuple[str, str], ...] = ()


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
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}): {_WHAT_TO_DO}") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path}: is cut off or no JSON in UTF-8: the bundle is damaged: {_WHAT_TO_DO}") from error
    flaw = _flaw(record, kind)
    if flaw:
        raise ModelError(f"{path}: {flaw}: the bundle is damaged: {_WHAT_TO_DO}")
    return dict(record)


def verify(models: Path, version: str, kind: str = "answers") -> dict[str, Any]:
    """Check that bundle.json lists every file of the bundle by its SHA-256, and no other; return the record.

    Raises ModelError if a file differs, is missing or is not listed.
    """
    record, folder = read_record(models, version, kind), models / kind / version
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()} - {RECORD}
    for name, known in record["files"].items():
        if name not in there or sha256(folder / name) != known:
            raise ModelError(f"{folder / name}: is missing or was changed: the bundle is damaged: {_WHAT_TO_DO}")
    extra = sorted(there - record["files"].keys())
    if extra:
        raise ModelError(f"{folder / extra[0]}: is not listed in {RECORD}, so nobody vouches for it: take it away")
    return record


def _flaw(record: object, kind: str) -> str:
    if not isinstance(record, dict):
        return "holds no record"
    if not isinstance(record.get("files"), dict) or not record["files"]:
        return "lists no files"
    needed = "policy" if kind == "answers" else "head"
    return "" if isinstance(record.get(needed), dict) else f"has no {needed}"


def serving(models: Path, kind: str = "answers") -> Serving:
    """Return what `find_serving` does; a version that is refused is logged with the reason."""
    found = find_serving(models, kind)
    for version, reason in found.refused:
        logger.warning("version %s is refused, the one before it serves: %s", version, reason)
    return found


def find_serving(models: Path, kind: str = "answers") -> Serving:
    """Return what serves: the published version, or the one before it if that fails its check, in the end the base."""
    version = current(models, kind)
    refused: dict[str, str] = {}
    while version != BASE and version not in refused:
        try:
            return replace(version_serving(models, version, kind), refused=tuple(refused.items()))
        except ModelError as error:
            refused[version] = str(error)
            version = _before(models, version, kind)
    return replace(base_serving(), refused=tuple(refused.items()))


def base_serving() -> Serving:
    """Return the bare base model with the shipped policy."""
    return Serving(BASE, resolve(DEFAULT_BASE), Policies())


def version_serving(models: Path, version: str, kind: str = "answers") -> Serving:
    """Return one version, or `base`, after its check. Raises ModelError if there is none or it is damaged."""
    if version == BASE:
        return base_serving()
    record = verify(models, version, kind)
    try:
        policies = read_policies(record) if kind == "answers" else Policies()
    except ValueError as error:
        path = models / kind / version / RECORD
        raise ModelError(f"{path}: the policy cannot be read ({error}): {_WHAT_TO_DO}") from error
    return Serving(version, models / kind / version, policies)


def read_policies(record: dict[str, Any]) -> Policies:
    """Return the policies of a bundle's record. Raises ValueError if they are not of this program's form."""
    told, courses = record["policy"], record["policy"].get("courses", {})
    if not isinstance(courses, dict):
        raise ValueError("courses are no policies by course")
    own = {course: _policy(policy, f"course {course}") for course, policy in courses.items()}
    return Policies(_policy(told.get("default"), "default"), own)


def policies_record(policies: Policies) -> dict[str, Any]:
    """Return policies as they stand in bundle.json."""
    courses = {course: asdict(policy) for course, policy in policies.courses.items()}
    return {"default": asdict(policies.default), "courses": courses}


def _policy(told: object, whose: str) -> Policy:
    if not isinstance(told, dict):
        raise ValueError(f"{whose}: there is none")
    names = {f.name for f in fields(Policy)}
    odd = [f"{n} is missing" for n in sorted(names - told.keys())]
    odd += [f"{n} is unknown" for n in sorted(told.keys() - names)]
    if odd:
        raise ValueError(f"{whose}: {', '.join(odd)}")
    try:
        return Policy(**{name: _numbers(name, value) for name, value in told.items()})
    except ValueError as error:
        raise ValueError(f"{whose}: {error}") from error


def _numbers(name: str, told: object) -> Any:  # noqa: ANN401  # a number, or several: what the policy's part takes
    if name not in _SEVERAL:
        return _number(name, told)
    if not isinstance(told, list | tuple):
        raise ValueError(f"{name} is no list of numbers")
    return tuple(_number(name, one) for one in told)


def _number(name: str, told: object) -> float:
    if isinstance(told, bool) or not isinstance(told, int | float) or not abs(told) <= MAX_NUMBER:
        raise ValueError(f"{name} has {json.dumps(told)[:40]} where a number belongs")
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
