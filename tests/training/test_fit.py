"""A round from the store to a bundle that serves, or to the sentence why it does not."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import tiny

from data.budgets import DEFAULT_MAX_ERROR, Change, set_budget
from data.errors import Refused
from data.protection import protect
from data.records import Entry, LabelledQuestion, Question
from data.store import Store
from qa_model import bundle
from qa_model.answerer import load_answerer
from qa_model.base import ModelError
from qa_model.block import texts_of
from qa_model.bundle import read_record, verify, versions
from qa_model.encoder import Encoder
from qa_model.fusion import Policy, shipped_threshold
from qa_model.vectors import VectorCache
from training import history
from training.examples import gather
from training.fit import Fitted, Publish, fit_answers
from training.learning import Recipe
from training.report import gather_report
from training.report_page import page
from training.trained import Settings
from training.versions import compare_versions

LEARNING = Settings(lr=3e-3, epochs=10, batch_size=16, patience=10)


@dataclass(frozen=True)
class Rounds:
    """A store and four rounds on it, one after the other, with where each left `current`."""

    store: Store
    models: Path
    fitted: dict[str, Fitted]
    serving: dict[str, str]


def run(store: Store, models: Path, recipe: Recipe, publish: Publish) -> Fitted:
    return fit_answers(store, models, recipe, publish, lambda *_: None)


@pytest.fixture(scope="module")
def rounds(tmp_path_factory: pytest.TempPathFactory, bert: Path) -> Iterator[Rounds]:
    folder = tmp_path_factory.mktemp("rounds")
    with Store(folder / "tutor.db") as store:
        tiny.fill(store, tiny.topics())
        recipes: dict[str, tuple[Recipe, Publish]] = {
            "untrained": (Recipe("quick", str(bert), 0.0, Settings(lr=1e-5, epochs=1)), "always"),
            "better": (Recipe("quick", str(bert), 1.0, LEARNING), "auto"),
            "worse": (Recipe("quick", str(bert), 0.0, Settings(lr=1e-5, epochs=1)), "auto"),
            "kept back": (Recipe("full", str(bert), 0.5, Settings(lr=1e-3, epochs=1)), "never"),
        }
        fitted, serving = {}, {}
        for name, (recipe, publish) in recipes.items():
            fitted[name] = run(store, folder / "models", recipe, publish)
            serving[name] = bundle.current(folder / "models")
        yield Rounds(store, folder / "models", fitted, serving)


@pytest.fixture(scope="module")
def asked_often(tmp_path_factory: pytest.TempPathFactory, bert: Path) -> Iterator[Rounds]:
    """A round on a course with enough labelled questions to be measured, beside one that is young."""
    folder = tmp_path_factory.mktemp("asked")
    with Store(folder / "tutor.db") as store:
        tiny.fill(store, [*tiny.topics(wordings=0), *tiny.topics("young", tiny.ROOTS[:4])])
        for root in tiny.ROOTS:
            for i, ending in enumerate(tiny.ENDINGS * 2):
                tiny.confirmed(store, f"{root}{ending} z{i}", "tiny", root)
        for i in range(20):
            tiny.confirmed(store, f"q{i} x{i * i}", "tiny")
        store.write(protect, LabelledQuestion("baa question", "tiny", ("ba",)))
        store.write(set_budget, Change("young", 0.2))
        recipe = Recipe("quick", str(bert), None, Settings(lr=1e-3, epochs=2))
        fitted = run(store, folder / "models", recipe, "always")
        yield Rounds(store, folder / "models", {"one": fitted}, {"one": bundle.current(folder / "models")})


def test_each_round_writes_a_bundle_that_passes_its_check(rounds: Rounds) -> None:
    assert [f.version for f in rounds.fitted.values()] == versions(rounds.models) == ["0001", "0002", "0003", "0004"]
    for version in versions(rounds.models):
        verify(rounds.models, version)
        assert Encoder.load(rounds.models / "answers" / version).dim == tiny.DIM


def test_publish_says_what_serves(rounds: Rounds) -> None:
    published = {name: (f.published, rounds.serving[name]) for name, f in rounds.fitted.items()}
    assert published == {
        "untrained": (True, "0001"),
        "better": (True, "0002"),
        "worse": (False, "0002"),
        "kept back": (False, "0002"),
    }


def test_the_reason_says_what_decided(rounds: Rounds) -> None:
    reasons = {name: f.reason for name, f in rounds.fitted.items()}
    assert reasons["untrained"].startswith("--publish always; ")
    assert re.match(r"(better|no worse, and perhaps better): MRR@10 .* 95 % interval", reasons["better"])
    assert reasons["worse"].startswith("not better: MRR@10 ")
    assert reasons["kept back"].startswith("--publish never; ")


def test_a_record_tells_base_data_training_and_metrics(rounds: Rounds, bert: Path) -> None:
    record = read_record(rounds.models, "0002")
    material = rounds.store.read(gather)
    assert (record["kind"], record["parent"], record["base"]) == ("answers", "0001", str(bert))
    assert record["data"] == {"fingerprint": material.fingerprint, "examples": len(material.examples)}
    training = record["training"]
    assert (training["mode"], training["lr"], training["average"], training["seed"]) == ("quick", 3e-3, 1.0, 0)
    assert len(training["losses"]) == 10
    assert training["losses"][-1] < training["losses"][0]
    assert sum(training["examples"].values()) == len(material.examples)
    before, after = record["metrics"]["before"], record["metrics"]["after"]
    assert before.keys() == after.keys() == {"new_wordings", "unseen_answers"}
    assert after["new_wordings"]["mrr@10"] > before["new_wordings"]["mrr@10"]
    assert before["new_wordings"]["n"] == after["new_wordings"]["n"] == training["examples"]["new"]
    assert "modules.json" in record["files"]


def test_a_course_that_was_asked_often_is_measured_and_a_young_one_keeps_the_shipped_numbers(
    asked_often: Rounds,
) -> None:
    courses = asked_often.fitted["one"].record["calibration"]["courses"]
    assert (courses["tiny"]["measured"], courses["young"]["measured"]) == (True, False)
    assert (courses["tiny"]["labelled"], courses["young"]["labelled"]) == (16 * 14 + 20, 0)
    assert (courses["tiny"]["max_error"], courses["young"]["max_error"]) == (DEFAULT_MAX_ERROR, 0.2)
    policies = bundle.serving(asked_often.models).policies
    assert policies.of("young") == Policy(answer_at=shipped_threshold(0.2))
    assert policies.of("tiny").slopes != Policy().slopes
    assert policies.of("tiny").answer_at == courses["tiny"]["threshold"]


def test_a_record_is_plain_json_and_reads_back_the_same(rounds: Rounds, asked_often: Rounds) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    for one in (rounds, asked_often):
        for fitted in one.fitted.values():
            told = json.dumps(fitted.record, allow_nan=False)  # refuses the types of numpy too
            path = one.models / "answers" / fitted.version / bundle.RECORD
            kept = json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)
            assert json.loads(told) == {key: kept[key] for key in fitted.record}


def test_the_report_shows_every_part_of_a_record(asked_often: Rounds, caplog: pytest.LogCaptureFixture) -> None:
    found = gather_report(asked_often.store, asked_often.models)
    assert found.complete and not caplog.records
    assert found.budgets is not None and [b.measured for b in found.budgets] == [True, False]
    assert found.measures is not None and found.measures[0].of("mrr@10").low is not None
    assert found.ablation is not None and found.ablation[-1].name == "all"
    assert found.protected is not None and found.protected.n == 1
    written = page(found)
    assert "has no" not in written and written.endswith("</html>\n")


def test_a_round_of_a_young_course_lacks_only_what_was_not_measured(rounds: Rounds) -> None:
    found = gather_report(rounds.store, rounds.models)
    assert (found.calibration, found.curve) == (None, None)
    assert None not in (found.about.training, found.about.learning)
    for name in ("measures", "changes", "protected", "ablation", "budgets", "worst"):
        assert getattr(found, name) is not None


def test_what_a_record_tells_of_the_questions_is_one_story(asked_often: Rounds) -> None:
    record = asked_often.fitted["one"].record
    told, metrics = record["calibration"], record["metrics"]["after"]
    asked = sum(metrics[name]["n"] for name in metrics)
    changes = record["changes"]
    assert len(changes["fixed"]) + len(changes["broke"]) + changes["unchanged"] == asked
    assert told["questions"] > 0 and 0 < told["unanswerable_share"] < 0.5
    assert {type(row["probability"]) for row in record["worst"]} <= {float}
    sure = [row["probability"] for row in record["worst"]]
    assert sure == sorted(sure, reverse=True)
    assert [row["signals"] for row in record["ablation"]][-1] == "all"


def test_a_round_is_measured_against_what_serves(rounds: Rounds) -> None:
    after = rounds.fitted["better"].record["metrics"]["after"]
    assert rounds.fitted["worse"].record["metrics"]["before"] == after


def test_what_became_of_each_version_is_written_down(rounds: Rounds) -> None:
    noted = [(e["version"], e["event"]) for e in rounds.store.read(history.events)]
    ends = {"0001": "published", "0002": "published", "0003": "declined", "0004": "declined"}
    assert noted == [pair for v, end in ends.items() for pair in ((v, "fitted"), (v, end))]


def test_the_published_model_answers_from_vectors_that_are_there(rounds: Rounds) -> None:
    answerer = load_answerer(rounds.store, rounds.models)
    (answer,) = answerer.answer([Question("kakur q9", "tiny")])
    assert (answer.model, answer.candidates[0].entry.id) == ("0002", "ka")
    cache = VectorCache(rounds.models / "vectors.db")
    texts = {text for entry in tiny.live(rounds.store) for text in texts_of(entry)}
    assert cache.find(answerer.encoder.hash, texts).keys() == texts
    cache.close()


def test_two_versions_are_compared_question_by_question(rounds: Rounds) -> None:
    found = compare_versions(rounds.store, rounds.models, "0001", "0002")
    assert found["metrics"] == rounds.fitted["better"].record["metrics"]
    assert len(found["fixed"]) > len(found["broke"])
    for change in found["fixed"]:
        assert change["after"] in change["expected_ids"]
        assert change["before"] not in change["expected_ids"]
    asked = sum(found["metrics"]["after"][name]["n"] for name in ("new_wordings", "unseen_answers"))
    assert len(found["fixed"]) + len(found["broke"]) + found["unchanged"] == asked


def test_the_same_data_and_seed_give_the_same_model(store: Store, tmp_path: Path, bert: Path) -> None:
    tiny.fill(store, tiny.topics())
    recipe = Recipe("full", str(bert), 0.5, Settings(lr=1e-3, epochs=1, seed=3))
    for _ in range(2):
        run(store, tmp_path / "models", recipe, "never")
    first, second = (read_record(tmp_path / "models", version)["files"] for version in ("0001", "0002"))
    assert first["model.safetensors"] == second["model.safetensors"]


def test_a_gpt_like_base_is_fitted_and_served(store: Store, tmp_path: Path, gpt: Path) -> None:
    tiny.fill(store, tiny.topics(roots=tiny.ROOTS[:8]))
    fitted = run(store, tmp_path / "models", Recipe("full", str(gpt), 0.5, Settings(lr=1e-3, epochs=1)), "always")
    assert fitted.published
    assert load_answerer(store, tmp_path / "models").encoder.spec.pooling == "last"


@pytest.mark.parametrize(
    "known",
    [
        [],
        [Entry("c", "a", "Q?", "A.")],
        tiny.topics(roots=("ba",)),
        [*tiny.topics(roots=("ba",), wordings=1), *tiny.topics(roots=("de",), wordings=0)],
        tiny.topics(roots=("ba", "de")),
    ],
)
def test_with_nothing_to_learn_from_it_is_refused(store: Store, tmp_path: Path, known: list[Entry], bert: Path) -> None:
    tiny.fill(store, known)
    with pytest.raises(
        Refused, match=r"nothing to learn from: .*; it takes wordings of 3 answers or more: add alternates"
    ):
        run(store, tmp_path / "models", Recipe(base=str(bert)), "auto")
    assert versions(tmp_path / "models") == []


@pytest.mark.parametrize("wordings", [2, 3])
def test_three_entries_with_hardly_any_wordings_are_learned_from(
    store: Store, tmp_path: Path, bert: Path, wordings: int
) -> None:
    tiny.fill(store, tiny.topics(roots=("ba", "de", "fi"), wordings=wordings))
    record = run(store, tmp_path / "models", Recipe("quick", str(bert), None, Settings(epochs=1)), "auto").record
    assert record["calibration"]["courses"]["tiny"]["measured"] is False
    json.dumps(record, allow_nan=False)


def test_a_base_that_cannot_be_loaded_leaves_no_bundle(store: Store, tmp_path: Path) -> None:
    tiny.fill(store, tiny.topics())
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"no config\.json"):
        run(store, tmp_path / "models", Recipe(base=str(tmp_path / "empty")), "always")
    assert versions(tmp_path / "models") == []
    assert store.read(history.events) == []
