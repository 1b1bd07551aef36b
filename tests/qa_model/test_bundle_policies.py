"""The policies in a bundle come back as they were; damaged ones are refused with the file and what to do."""

import json
import math
import re
from pathlib import Path

import pytest
from small_bundle import POLICIES, RECORD, fill, written

from qa_model.base import ModelError
from qa_model.bundle import (
    policies_record,
    publish,
    read_policies,
    serving,
    version_serving,
    write,
)
from qa_model.fusion import RANKING, SIGNS, Policies, Policy


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
    said = f"{'course ml' if course else 'default'}: {name} is {'unknown' if name == 'temperature' else 'missing'}"
    with pytest.raises(ValueError, match=said):
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
        with pytest.raises(ModelError) as refused:
            version_serving(tmp_path, version)
        said = str(refused.value)
        whose = "default" if part == "default" else "course ml"
        assert said.startswith(
            f"{tmp_path / 'answers' / version / 'bundle.json'}: the policy cannot be read ({whose}: "
        )
        assert said.endswith("): publish another version, or fit again")
        assert not re.search("Error|object|NoneType|float|argument", said)
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
    with pytest.raises(ValueError, match=r"^(default|course ml|courses)[: ]"):
        read_policies({"policy": policy})
