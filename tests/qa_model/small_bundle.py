"""A bundle that is written in a moment: a record with policies, and files that stand for a model."""

from pathlib import Path

from qa_model.bundle import BASE, policies_record, write
from qa_model.fusion import Policies, Policy

POLICIES = Policies(Policy(bias=-3.0), {"ml": Policy(answer_at=0.9)})
RECORD = {"kind": "answers", "policy": policies_record(POLICIES), "parent": BASE}


def fill(draft: Path) -> None:
    (draft / "1_Pooling").mkdir()
    (draft / "1_Pooling" / "config.json").write_text("{}", encoding="utf-8")
    (draft / "model.safetensors").write_bytes(b"weights")


def written(models: Path, parent: str = BASE) -> str:
    return write(models, fill, {**RECORD, "parent": parent})
