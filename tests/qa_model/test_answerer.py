"""From a question to ranked answers: which courses are searched, what comes back, and what is decided."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny

from data.entries import add_course
from data.errors import TutorError
from data.importing import apply, plan
from data.records import Answer, Entry, Question
from data.store import Store
from qa_model.answerer import NEAR, SHOWN, Answerer, Library, Sensed, assemble, decide, load_answerer, open_cache
from qa_model.base import ModelError
from qa_model.bundle import policies_record, publish, write
from qa_model.encoder import Encoder
from qa_model.fusion import Policies, Policy, Signals
from qa_model.index import Text, texts_of
from qa_model.vectors import VectorCache, embed

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
ENGLISH = tiny.topics("english")
OTHER = tiny.topics("other", ("ba", "de", "fi"))
CHINESE = [
    Entry("chinese", "what", "什么是迁移学习？", "把知识用到另一个任务。", lang="zh"),
    Entry("chinese", "why", "为什么要微调？", "数据少。", lang="zh"),
]


@pytest.fixture(scope="module")
def encoder(bert: Path) -> Encoder:
    return Encoder.load(bert)


@pytest.fixture(scope="module")
def answerer(encoder: Encoder) -> Answerer:
    return over(encoder, [*ENGLISH, *OTHER, *CHINESE])


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    """The default base over the English sample course."""
    with Store(tmp_path_factory.mktemp("sample") / "tutor.db") as store:
        store.write(lambda db: apply(db, plan(db, SAMPLE / "fine-tuning.csv")))
        return assemble(tiny.live(store), tiny.default_encoder(), VectorCache(None))


def over(encoder: Encoder, known: Sequence[Entry], policies: Policies | None = None) -> Answerer:
    return assemble(known, encoder, VectorCache(None), policies=policies)


def ask(answerer: Answerer, text: str, course: str | None = None, lang: str = "") -> Answer:
    (answer,) = answerer.answer([Question(text, course, lang)])
    return answer


def signals_of(answerer: Answerer, text: str, entry_id: str) -> Signals:
    """Return the signals of one entry."""
    ((sensed,),) = answerer.sense([Question(text)])
    return sensed.signals.take(np.array([[entry.id for entry in sensed.entries].index(entry_id)]))


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


def test_late_interaction_reads_every_window_and_weighs_the_tokens(encoder: Encoder) -> None:
    rng = np.random.default_rng(0)
    long = [
        Entry("c", root, f"{root}a question", " ".join(f"{root}{'aeiou'[i]}" for i in rng.integers(5, size=700)))
        for root in tiny.ROOTS[:4]
    ]
    answerer = over(encoder, long)
    (tokens,) = encoder.encode_tokens(["babel deo xyz"], "query")[1]
    (sensed,) = answerer.sense([Question("babel deo xyz", "c")])[0]
    index = answerer.library.courses["c"]
    assert {entry.id for entry in sensed.entries} == {entry.id for entry in long}
    for entry, late in zip(sensed.entries, sensed.signals.late, strict=True):
        passages = [text for text in texts_of(entry) if text[0] == "passage"]
        assert len(passages) > 2
        known = answerer.cache.tokens(encoder.hash, passages)
        highest = np.max([(tokens.vectors @ known[text].T).max(1) for text in passages], axis=0)  # (tokens,)
        assert late == pytest.approx(float(index.token_weights(tokens.ids) @ highest), abs=1e-4)
    assert len(set(index.token_weights(tokens.ids).tolist())) > 1


def test_without_token_ids_the_answers_still_come(encoder: Encoder) -> None:
    texts: list[Text] = [text for entry in OTHER for text in texts_of(entry)]
    cache = VectorCache(None)
    library = Library.build(OTHER, embed(encoder, texts, cache), encoder.dim)
    assert ask(Answerer(encoder, library, cache=cache), "babel q0", "other").candidates[0].entry.id == "ba"


def test_the_best_by_words_is_looked_at_however_far_its_vector_is(encoder: Encoder) -> None:
    known = [Entry("c", str(i), f"question {i}", f"{tiny.ROOTS[i % 16]}a {i}") for i in range(NEAR + 20)]
    only_vectors = Policies(Policy((0.5, 0.0, 0.5, 0.0)))
    answerer = over(encoder, [*known, Entry("c", "words", "zuzuzu", "vovovo wewewe titi")], only_vectors)
    for text in ("baa question vovovo", "de question wewewe 7", "fi titi"):
        (sensed,) = answerer.sense([Question(text, "c")])[0]
        assert NEAR <= len(sensed.entries) <= NEAR + 1
        assert len({entry.id for entry in sensed.entries}) == len(sensed.entries)
        scores = answerer.library.courses["c"].signals([text], np.zeros((1, encoder.dim), np.float32))[0].lexical
        best = answerer.library.courses["c"].entries[int(scores.argmax())]
        assert best.id in [entry.id for entry in sensed.entries]


def test_sensing_says_which_courses_were_searched(answerer: Answerer) -> None:
    asked = [Question("babel q0", "other"), Question("babel q0"), Question("x", "no such course")]
    assert [[s.course for s in found] for found in answerer.sense(asked)] == [["other"], ["english", "other"], []]


def test_each_course_decides_by_its_own_threshold(encoder: Encoder) -> None:
    never, always = Policy(answer_at=1.1, suggest_at=1.1), Policy(answer_at=0.0, suggest_at=0.0)
    known = [replace(entry, course=course) for course in ("strict", "bold", "unmeasured") for entry in OTHER]
    offers = Policy(answer_at=1.1, suggest_at=0.0)
    answerer = over(encoder, known, Policies(offers, {"strict": never, "bold": always}))
    decisions = {
        course: ask(answerer, "nothing like it", course).decision for course in ("strict", "bold", "unmeasured")
    }
    assert decisions == {"strict": "abstain", "bold": "answer", "unmeasured": "suggest"}


def test_each_course_ranks_by_its_own_weights(encoder: Encoder) -> None:
    words, vectors = Policy((0.0, 0.0, 0.0, 1.0)), Policy((1.0, 0.0, 0.0, 0.0))
    known = [replace(entry, course=course) for course in ("words", "vectors") for entry in ENGLISH]
    answerer = over(encoder, known, Policies(courses={"words": words, "vectors": vectors}))
    for course, side in (("words", "lexical"), ("vectors", "text")):
        (sensed,) = answerer.sense([Question("babel q0 goa", course)])[0]
        own = answerer.policies.of(course).scores(sensed.signals)
        assert int(own.argmax()) == int(getattr(sensed.signals, side).argmax())


def sensed(course: str, *text: float, complete: bool = True) -> Sensed:
    """Return what a question found in a course of entries with these cosines."""
    values = np.array(text, np.float32)
    zero = np.zeros(len(text), np.float32)
    entries = tuple(Entry(course, str(i), f"q{i}", "a") for i in range(len(text)))
    return Sensed(course, entries, Signals(values, values, zero, 0.0, values), complete)


def test_what_was_found_in_no_course_is_abstained_on() -> None:
    assert decide([], Policies(), model="0001") == Answer("abstain", 0.0, (), "0001")


def test_over_several_courses_the_likeliest_comes_first_and_its_course_decides() -> None:
    found = [sensed("a", 0.5, 0.3), sensed("b", 0.2, 0.9), sensed("c", 0.4)]
    sure, strict = Policy(answer_at=0.0), Policy(answer_at=1.1, suggest_at=0.0)
    answer = decide(found, Policies(sure, {"b": strict}), 4, "0001")
    assert [c.entry.course for c in answer.candidates][:1] == ["b"]
    assert (answer.decision, answer.confidence, answer.model) == ("suggest", answer.candidates[0].probability, "0001")
    probabilities = [c.probability for c in answer.candidates]
    assert len(probabilities) == 4 and probabilities == sorted(probabilities, reverse=True)
    assert decide(found, Policies(strict, {"b": sure}), 4).decision == "answer"
    assert decide(found[::-1], Policies(strict, {"b": sure}), 4).candidates == answer.candidates


def test_a_course_with_a_higher_bias_of_its_own_goes_before_another() -> None:
    found = [sensed("a", 0.5, 0.3), sensed("b", 0.5, 0.3)]
    for first in ("a", "b"):
        answer = decide(found, Policies(courses={first: Policy(bias=5.0)}))
        assert answer.candidates[0].entry.course == first


def test_where_a_searched_course_lacks_vectors_nothing_is_answered_outright() -> None:
    always = Policies(Policy(answer_at=0.0))
    found = [sensed("a", 0.9, 0.3), sensed("b", 0.2, complete=False)]
    assert decide(found, always).decision == "suggest"
    assert decide(found[:1], always).decision == "answer"


def test_deciding_gives_what_answering_gives(answerer: Answerer) -> None:
    asked = [Question("babel q0"), Question("dedor", "other"), Question("什么是微调？"), Question("x", "nowhere")]
    again = [decide(found, answerer.policies, SHOWN, answerer.model) for found in answerer.sense(asked)]
    assert again == answerer.answer(asked)
