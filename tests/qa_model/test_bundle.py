"""A bundle is there whole or not at all, and what serves passed its check."""

import json
import math
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from qa_model.base import DEFAULT_BASE, ModelError, resolve
from qa_model.bundle import (
    BASE,
    current,
    policies_record,
    publish,
    read_policies,
    read_record,
    serving,
    verify,
    version_serving,
    versions,
    write,
)
from qa_model.fusion import RANKING, SIGNS, Policies, Policy

POLICIES = Policies(Policy(bias=-3.0), {"ml": Policy(answer_at=0.9)})
RECORD = {"kind": "answers", "policy": policies_record(POLICIES), "parent": BASE}


def fill(draft: Path) -> None:
    (draft / "1_Pooling").mkdir()
    (draft / "1_Pooling" / "config.json").write_text("{}", encoding="utf-8")
    (draft / "model.safetensors").write_bytes(b"weights")


def written(models: Path, parent: str = BASE) -> str:
    return write(models, fill, {**RECORD, "parent": parent})


def tamper(models: Path, version: str) -> None:
    (models / "answers" / version / "model.safetensors").write_bytes(b"weightz")


def test_a_bundle_gets_the_next_number_and_holds_its_record(tmp_path: Path) -> None:
    assert [written(tmp_path), written(tmp_path)] == ["0001", "0002"] == versions(tmp_path)
    record = read_record(tmp_path, "0001")
    assert read_policies(record) == POLICIES
    assert record["policy"].keys() == {"default", "courses"}
    assert record["created_at"].endswith("Z")
    assert record["files"].keys() == {"model.safetensors", "1_Pooling/config.json"}
    assert verify(tmp_path, "0001") == record


def test_numbers_go_on_past_four_digits(tmp_path: Path) -> None:
    (tmp_path / "answers" / "9999").mkdir(parents=True)
    assert written(tmp_path) == "10000"
    assert versions(tmp_path) == ["9999", "10000"]


@pytest.mark.parametrize(("error", "raised"), [(OSError("disk full"), ModelError), (KeyError("bug"), KeyError)])
def test_nothing_is_left_of_a_bundle_that_fails_while_it_is_written(
    tmp_path: Path, error: Exception, raised: type[Exception]
) -> None:
    def fails(draft: Path) -> None:
        fill(draft)
        raise error

    with pytest.raises(raised):
        write(tmp_path, fails, RECORD)
    assert list((tmp_path / "answers").iterdir()) == []


def test_a_models_folder_that_cannot_be_made_is_a_model_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ModelError, match="cannot be written"):
        written(tmp_path / "file")


def test_writers_at_once_get_a_version_each(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(lambda _: written(tmp_path), range(16)))
    assert sorted(given) == versions(tmp_path) == [f"{i:04d}" for i in range(1, 17)]
    for version in given:
        verify(tmp_path, version)


def test_a_half_written_folder_is_no_version(tmp_path: Path) -> None:
    written(tmp_path)
    for name in (".new-abc", "notes", "123", "0002.old"):
        (tmp_path / "answers" / name).mkdir()
    assert versions(tmp_path) == ["0001"]
    assert written(tmp_path) == "0002"


def test_without_bundles_the_base_serves(tmp_path: Path) -> None:
    assert current(tmp_path) == BASE
    assert versions(tmp_path) == []
    served = serving(tmp_path)
    assert (served.version, served.folder, served.policies) == (BASE, resolve(DEFAULT_BASE), Policies())


def test_what_is_published_serves_with_its_policies(tmp_path: Path) -> None:
    publish(tmp_path, written(tmp_path))
    served = serving(tmp_path)
    assert (served.version, served.folder) == ("0001", tmp_path / "answers" / "0001")
    assert served.policies == POLICIES
    publish(tmp_path, BASE)
    assert current(tmp_path) == BASE == serving(tmp_path).version


def test_publishing_replaces_one_file_and_leaves_no_other(tmp_path: Path) -> None:
    written(tmp_path)
    file = tmp_path / "answers" / "current"
    publish(tmp_path, BASE)
    before = file.stat().st_ino
    publish(tmp_path, "0001")
    assert file.read_text(encoding="ascii") == "0001\n"
    assert file.stat().st_ino != before  # a reader has the old file or the new one, never half of one
    assert {p.name for p in file.parent.iterdir()} == {"0001", "current"}


@pytest.mark.parametrize("version", ["0002", "", ".", "./0001", "../answers/0001", "0001/", "current"])
def test_what_is_no_version_is_not_published(tmp_path: Path, version: str) -> None:
    publish(tmp_path, written(tmp_path))
    with pytest.raises(ModelError, match=r"no version .* of answers; there are: 0001"):
        publish(tmp_path, version)
    assert current(tmp_path) == "0001"


@pytest.mark.parametrize("harm", ["changed", "missing", "moved"])
def test_a_tampered_bundle_is_refused(tmp_path: Path, harm: str) -> None:
    version = written(tmp_path)
    weights = tmp_path / "answers" / version / "model.safetensors"
    if harm == "changed":
        tamper(tmp_path, version)
    elif harm == "missing":
        weights.unlink()
    else:
        weights.rename(weights.with_name("model2.safetensors"))
    for use in (verify, publish, version_serving):
        with pytest.raises(ModelError, match="is missing or was changed"):
            use(tmp_path, version)
    assert current(tmp_path) == BASE


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "{}", '{"files": {}}', '{"files": [], "policy": {}}', "\udcff"]
)
def test_a_damaged_record_is_refused(tmp_path: Path, text: str) -> None:
    version = written(tmp_path)
    path = tmp_path / "answers" / version / "bundle.json"
    path.write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(ModelError, match="the bundle is damaged"):
        version_serving(tmp_path, version)


def test_a_corrupt_bundle_falls_back_along_its_parents(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    first = written(tmp_path)
    declined = written(tmp_path, first)
    third = written(tmp_path, first)
    publish(tmp_path, third)
    assert declined == "0002"
    tamper(tmp_path, third)
    assert serving(tmp_path).version == first
    assert "version 0003 is refused, the one before it serves" in caplog.text
    tamper(tmp_path, first)
    assert serving(tmp_path).version == BASE


def test_without_a_readable_record_the_number_before_serves(tmp_path: Path) -> None:
    first, second = written(tmp_path), written(tmp_path)
    publish(tmp_path, second)
    (tmp_path / "answers" / second / "bundle.json").write_text("{", encoding="utf-8")
    assert serving(tmp_path).version == first
    shutil.rmtree(tmp_path / "answers" / second)
    assert serving(tmp_path).version == first


def test_parents_in_a_circle_end_at_the_base(tmp_path: Path) -> None:
    written(tmp_path, "0002")
    publish(tmp_path, written(tmp_path, "0001"))
    tamper(tmp_path, "0001")
    tamper(tmp_path, "0002")
    assert serving(tmp_path).version == BASE


@pytest.mark.parametrize("text", ["", "0009", "../../etc", "rubbish"])
def test_a_current_file_that_names_no_bundle_falls_back(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "answers"
    folder.mkdir()
    (folder / "current").write_text(text, encoding="ascii")
    assert serving(tmp_path).version == BASE


def test_a_current_file_that_cannot_be_read_says_what_to_do(tmp_path: Path) -> None:
    folder = tmp_path / "answers"
    folder.mkdir()
    (folder / "current").write_bytes(b"\xff")
    with pytest.raises(ModelError, match="publish a version anew"):
        current(tmp_path)


def test_policies_come_back_from_json_as_they_were(tmp_path: Path) -> None:
    weights = (0.1, 0.2, 0.3, 0.4)
    own = Policies(Policy(bias=-1.25, answer_at=0.9), {"ml": Policy(weights), "": Policy(suggest_at=0.0)})
    version = write(tmp_path, fill, {**RECORD, "policy": policies_record(own)})
    assert version_serving(tmp_path, version).policies == own
    assert read_policies(json.loads(json.dumps({"policy": policies_record(Policies())}))) == Policies()


def test_a_record_without_courses_has_the_default_for_all() -> None:
    record = {"policy": {"default": policies_record(POLICIES)["default"]}}
    assert read_policies(record) == Policies(Policy(bias=-3.0))


@pytest.mark.parametrize("course", [False, True])
@pytest.mark.parametrize("name", ["weights", "bias", "slopes", "answer_at", "suggest_at", "temperature"])
def test_a_policy_with_a_number_too_few_or_too_many_is_refused(name: str, course: bool) -> None:
    damaged = policies_record(POLICIES)
    one = damaged["courses"]["ml"] if course else damaged["default"]
    if name in one:
        del one[name]
    else:
        one[name] = 1.0
    with pytest.raises(ModelError, match=r"the policy cannot be read .*; fit again"):
        read_policies({"policy": damaged})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bias", "low"),
        ("bias", "-3.2"),
        ("bias", None),
        ("bias", [1.0]),
        ("bias", True),
        ("bias", math.nan),
        ("bias", 10**400),
        ("answer_at", math.inf),
        ("weights", 0.25),
        ("weights", "0.25"),
        ("weights", [0.25] * (len(RANKING) - 1)),
        ("weights", [0.25] * (len(RANKING) + 1)),
        ("weights", ["0.25"] * len(RANKING)),
        ("weights", [0.25, math.nan, 0.25, 0.25]),
        ("weights", {"text": 1.0}),
        ("slopes", []),
        ("slopes", [1.0] * (len(SIGNS) - 1)),
        ("slopes", [None] * len(SIGNS)),
        ("slopes", [[1.0]] * len(SIGNS)),
    ],
)
def test_a_bundle_whose_policy_is_damaged_is_refused_and_the_one_before_serves(
    tmp_path: Path, name: str, value: object, caplog: pytest.LogCaptureFixture
) -> None:
    first = written(tmp_path)
    for part in ("default", "ml"):
        damaged = policies_record(POLICIES)
        {"default": damaged["default"], **damaged["courses"]}[part][name] = value
        version = write(tmp_path, fill, {**RECORD, "policy": damaged, "parent": first})
        with pytest.raises(ModelError, match="the policy cannot be read"):
            version_serving(tmp_path, version)
        publish(tmp_path, version)
        served = serving(tmp_path)
        assert (served.version, served.policies) == (first, POLICIES)
        assert f"version {version} is refused, the one before it serves" in caplog.text


@pytest.mark.parametrize(
    "policy",
    [
        {},
        {"bias": -1.0},  # as bundles had it before there were policies by course
        {"default": None},
        {"default": []},
        {"default": {}},
        {"default": policies_record(POLICIES)["default"], "courses": []},
        {"default": policies_record(POLICIES)["default"], "courses": {"ml": None}},
        {"courses": policies_record(POLICIES)["courses"]},
    ],
)
def test_policies_of_another_form_are_refused(policy: dict[str, object]) -> None:
    with pytest.raises(ModelError, match=r"the policy cannot be read .*; fit again"):
        read_policies({"policy": policy})
