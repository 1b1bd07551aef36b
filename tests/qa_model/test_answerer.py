"""From a question to ranked answers: which courses are searched, what comes back, and what is decided."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny
from small_library import CHINESE, OTHER, ask, over, signals_of

from data.entries import add_course
from data.errors import TutorError
from data.importing import apply, plan
from data.records import Answer, Entry, Question
from data.store import Store
from qa_model.answerer import SHOWN, Answerer, assemble, load_answerer, open_cache
from qa_model.base import ModelError
from qa_model.bundle import policies_record, publish, write
from qa_model.encoder import Encoder
from qa_model.fusion import Policies, Policy
from qa_model.library import Library
from qa_model.vectors import VectorCache

SAMPLE = Path(__file__).parents[2] / "data" / "sample"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    """The default base over the English sample course."""
    with Store(tmp_path_factory.mktemp("sample") / "tutor.db") as store:
        store.write(lambda db: apply(db, plan(db, SAMPLE / "fine-tuning.csv")))
        return assemble(tiny.live(store), tiny.default_encoder(), VectorCache(None))


def courses_of(answer: Answer) -> set[str]:
    return {candidate.entry.course for candidate in answer.candidates}


def test_a_question_stays_in_its_course(answerer: Answerer) -> None:
    assert courses_of(ask(answerer, "babel q0", "other")) == {"other"}


def test_without_a_course_all_of_the_script_are_searched(answerer: Answerer) -> None:
    assert courses_of(ask(answerer, "babel q0 baa")) == {"english", "other"}
    assert courses_of(ask(answerer, "什么是微调？")) == {"chinese"}


def test_a_script_that_no_course_has_searches_all(encoder: Encoder) -> None:
    assert courses_of(ask(over(encoder, OTHER), "什么是微调？")) == {"other"}
    assert courses_of(ask(over(encoder, CHINESE), "what")) == {"chinese"}


def test_a_language_goes_before_the_script(answerer: Answerer) -> None:
    assert courses_of(ask(answerer, "what is GPU", lang="zh")) == {"chinese"}


def test_what_was_said_before_counts_unless_the_question_says_a_word_that_the_course_does_not_have(
    sample: Answerer,
) -> None:
    before = "What learning rate should I start with?"
    follows, foreign = (
        [sample.answer([Question(text, "fine-tuning", context=said)])[0] for said in ("", before)]
        for text in ("and for the head?", "what should i cook tonight?")
    )
    assert not follows[0].foreign and follows[0].candidates != follows[1].candidates
    assert foreign[0].foreign and foreign[0] == foreign[1]


def test_an_unknown_course_abstains(answerer: Answerer) -> None:
    assert ask(answerer, "babel q0", "no such course") == Answer("abstain", 0.0, (), "base")


def test_an_empty_library_abstains(encoder: Encoder) -> None:
    assert ask(Answerer(encoder, Library({})), "babel").decision == "abstain"


def test_no_questions_give_no_answers(answerer: Answerer) -> None:
    assert answerer.answer([]) == []


def test_at_most_five_candidates_come_best_first(answerer: Answerer) -> None:
    for text in ("babel q0", "gogam question", "what", "huhax leo"):
        answer = ask(answerer, text)
        probabilities = [candidate.probability for candidate in answer.candidates]
        assert len(probabilities) == SHOWN
        assert probabilities == sorted(probabilities, reverse=True)
        assert answer.confidence == probabilities[0]
        assert all(0 <= probability <= 1 for probability in probabilities)
        assert answer.decision == answerer.policies.default.decide(answer.confidence)
        assert len({c.entry.id + c.entry.course for c in answer.candidates}) == SHOWN


def test_a_small_course_shows_what_it_has(answerer: Answerer) -> None:
    assert len(ask(answerer, "ba", "other").candidates) == 3


def test_questions_asked_together_are_answered_as_alone(answerer: Answerer) -> None:
    asked = [
        Question("babel q0", "english"),
        Question("什么是微调？"),
        Question("dedor", "other"),
        Question("x", "no such course"),
    ]
    for together, question in zip(answerer.answer(asked), asked, strict=True):
        (alone,) = answerer.answer([question])
        assert [c.entry for c in together.candidates] == [c.entry for c in alone.candidates]
        assert together.confidence == pytest.approx(alone.confidence, abs=0.02)


@pytest.mark.parametrize("text", ["?", "", "\0", '"', "🙂", "x" * 5000, "什" * 3000, "NEAR( OR"])
def test_odd_questions_are_answered_with_finite_numbers(sample: Answerer, text: str) -> None:
    answer = ask(sample, text)
    assert all(np.isfinite((c.score, c.probability)).all() for c in answer.candidates)
    assert answer.decision != "answer"


def test_the_one_entry_of_a_language_is_not_surer_for_being_alone(encoder: Encoder) -> None:
    german = Entry("c", "de", "Wann ist Abgabe?", "Freitag.", lang="de")
    known = [german, *(Entry("c", str(i), f"{root}a", "x", lang="en") for i, root in enumerate(tiny.ROOTS))]
    one = ask(over(encoder, known), "fido", "c", "de")
    alone = ask(over(encoder, [german]), "fido", "c")
    assert [c.entry for c in one.candidates] == [german]
    assert one.confidence == pytest.approx(alone.confidence, abs=0.1)


def test_entries_in_another_language_are_not_shown(encoder: Encoder) -> None:
    known = [Entry("c", str(i), f"{root}a", "x", lang=("en", "de", "")[i % 3]) for i, root in enumerate(tiny.ROOTS)]
    shown = ask(over(encoder, known), "baa", "c", "en").candidates
    assert {c.entry.lang for c in shown} <= {"en", ""}


def test_a_text_the_tokenizer_cannot_read_is_found_by_its_words(answerer: Answerer) -> None:
    assert ask(answerer, "迁移学习").candidates[0].entry.id == "what"


def test_a_confirmed_wording_that_the_tokenizer_cannot_read_counts_at_once(encoder: Encoder) -> None:
    confirmed = replace(CHINESE[1], confirmed=("老师说的那个迁移怎么办",))
    answer = ask(over(encoder, [CHINESE[0], confirmed]), "老师说的那个迁移怎么办")
    assert answer.candidates[0].entry.id == "why"


def test_beside_entries_without_vectors_nothing_is_answered_outright(encoder: Encoder) -> None:
    sure = Policies(Policy(bias=50.0))
    assert ask(over(encoder, OTHER, sure), "babel", "other").decision == "answer"
    missing = Answerer(encoder, Library.build(OTHER, {}, encoder.dim), sure)
    assert ask(missing, "babel", "other").decision == "answer"  # by words alone, for all entries alike
    vectors = {("passage", f"{OTHER[0].question}\n{OTHER[0].answer}"): encoder.encode(["baa"], "passage")[0]}
    assert ask(Answerer(encoder, Library.build(OTHER, vectors, encoder.dim), sure), "babel", "other").decision == (
        "suggest"
    )


def test_a_question_about_the_end_of_a_long_answer_is_found() -> None:
    start = " ".join(f"Step {n}: write down what you did and why you did it." for n in range(80))
    end = "At the very end, record a three-minute video of your demo and upload it to the shared drive."
    project = Entry("c", "project", "How does the term project work?", f"{start} {end}")
    others = [
        Entry("c", "due", "When is the homework due?", "On Friday at noon."),
        Entry("c", "gpu", "Where can I get a GPU?", "In the lab, room 12; book it on the forum."),
        Entry("c", "slides", "Where do I find the slides?", "On the course page, beside each lecture."),
        Entry("c", "exam", "What may I bring to the exam?", "One sheet of paper, written by hand."),
        Entry("c", "teams", "May we work in pairs?", "Yes, in the exercises; tell us both names."),
    ]
    asked = "must we film ourselves presenting?"  # no word of the answer: only vectors can tell
    answerer = over(tiny.default_encoder(), [project, *others])
    assert ask(answerer, asked).candidates[0].entry.id == "project"
    without_end = over(tiny.default_encoder(), [replace(project, answer=start), *others])
    whole, cut = (signals_of(one, asked, "project") for one in (answerer, without_end))
    assert whole.lexical == 0
    assert whole.text > cut.text + 0.05 and whole.late > cut.late + 0.05


def test_every_alternate_of_the_sample_finds_its_entry_first(sample: Answerer) -> None:
    entries = sample.library.courses["fine-tuning"].entries
    asked = [(alternate, entry) for entry in entries for alternate in entry.alternates]
    assert len(asked) > 300
    answers = sample.answer([Question(text) for text, _ in asked])
    missed = [t for (t, e), a in zip(asked, answers, strict=True) if a.candidates[0].entry.id != e.id]
    assert missed == []


def test_small_talk_is_not_answered(sample: Answerer) -> None:
    asked = [Question(text) for text in ("hello", "where is the canteen", "what will the weather be", "今天天气怎么样")]
    assert all(answer.decision != "answer" for answer in sample.answer(asked))


def test_a_store_is_answered_from_with_the_published_model(store: Store, tmp_path: Path, bert: Path) -> None:
    models = tmp_path / "models"
    tiny.fill(store, OTHER)

    def copy(draft: Path) -> None:
        Encoder.load(bert, training=True).save(draft)

    policies = Policies(Policy(bias=-2.0), {"other": Policy(answer_at=0.9)})
    version = write(models, copy, {"policy": policies_record(policies)})
    publish(models, version)
    answerer = load_answerer(store, models)
    assert (answerer.model, answerer.policies, answerer.encoder.dim) == (version, policies, tiny.DIM)
    answer = ask(answerer, "babel q0", "other")
    assert answer.model == version
    assert answer.candidates[0].entry.id == "ba"
    cache = open_cache(models)
    assert cache.find(answerer.encoder.hash, [("query", "babel q0")])
    cache.close()


def test_a_published_folder_without_a_model_is_a_model_error(store: Store, tmp_path: Path) -> None:
    tiny.fill(store, OTHER)
    publish(tmp_path, write(tmp_path, lambda draft: (draft / "a").touch(), {"policy": policies_record(Policies())}))
    with pytest.raises(ModelError, match=r"no config\.json"):
        load_answerer(store, tmp_path)


def test_an_empty_store_says_what_to_do(store: Store, tmp_path: Path) -> None:
    store.write(add_course, "c")
    with pytest.raises(TutorError, match="has no entries: run `python -m data sample`"):
        load_answerer(store, tmp_path)
