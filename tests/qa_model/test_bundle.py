"""A bundle is there whole or not at all, and what serves passed its check."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from small_bundle import POLICIES, RECORD, fill, written

from qa_model.base import DEFAULT_BASE, ModelError, resolve
from qa_model.bundle import (
    BASE,
    current,
    find_serving,
    publish,
    read_policies,
    read_record,
    serving,
    verify,
    version_serving,
    versions,
    write,
)
from qa_model.fusion import Policies


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
    ("text", "flaw"),
    [
        ("", "is cut off or no JSON"),
        ("{", "is cut off or no JSON"),
        ("\udcff", "is cut off or no JSON"),
        ("[" * 100_000, "is cut off or no JSON"),
        ("[]", "holds no record"),
        ("null", "holds no record"),
        ("{}", "lists no files"),
        ('{"files": {}, "policy": {}}', "lists no files"),
        ('{"files": ["a"], "policy": {}}', "lists no files"),
        ('{"files": {"a": "b"}}', "has no policy"),
    ],
)
def test_a_damaged_record_is_refused_with_its_path_and_what_to_do(tmp_path: Path, text: str, flaw: str) -> None:
    version = written(tmp_path)
    path = tmp_path / "answers" / version / "bundle.json"
    path.write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(ModelError) as refused:
        version_serving(tmp_path, version)
    said = str(refused.value)
    assert said.startswith(f"{path}: {flaw}")
    assert said.endswith("the bundle is damaged: publish another version, or fit again")


@pytest.mark.parametrize("name", ["more.safetensors", "1_Pooling/more.json", "bundle.json.old", ".hidden", "link"])
def test_a_file_that_the_record_does_not_list_is_refused(tmp_path: Path, name: str) -> None:
    version = written(tmp_path)
    more = tmp_path / "answers" / version / name
    if name == "link":
        more.symlink_to("nowhere")
    else:
        more.write_bytes(b"weights")
    for use in (verify, publish, version_serving):
        with pytest.raises(ModelError, match=rf"{name}: is not listed in bundle\.json"):
            use(tmp_path, version)


def test_a_record_that_leaves_files_out_is_refused(tmp_path: Path) -> None:
    version = written(tmp_path)
    path = tmp_path / "answers" / version / "bundle.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    del record["files"]["model.safetensors"]
    path.write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(ModelError, match=r"model\.safetensors: is not listed"):
        version_serving(tmp_path, version)


def test_a_file_outside_the_bundle_is_none_of_its_own(tmp_path: Path) -> None:
    (first, second) = (written(tmp_path), written(tmp_path))
    path = tmp_path / "answers" / second / "bundle.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    record["files"][f"../{first}/model.safetensors"] = record["files"]["model.safetensors"]
    path.write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(ModelError, match="is missing or was changed"):
        version_serving(tmp_path, second)


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


def test_what_was_refused_on_the_way_is_told_with_the_reasons(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    first = written(tmp_path)
    second = written(tmp_path, first)
    publish(tmp_path, second)
    assert find_serving(tmp_path).refused == ()
    tamper(tmp_path, second)
    found = find_serving(tmp_path)
    assert (found.version, [version for version, _ in found.refused]) == (first, [second])
    tamper(tmp_path, first)
    found = find_serving(tmp_path)
    assert (found.version, [version for version, _ in found.refused]) == (BASE, [second, first])
    assert all("model.safetensors: is missing or was changed" in reason for _, reason in found.refused)
    assert not caplog.records


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
