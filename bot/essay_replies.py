"""How a text that was handed in is shown: its estimate with what was measured, its marks, and what can be done."""

from collections.abc import Iterable, Sequence

from bot.replies import Action, Choice, Reply
from bot.texts import Texts
from bot.texts.essay import EssayTexts
from data.assignments import Assignment
from data.submissions import Estimated, Finding, Submission
from qa_model import refusals

EXCERPT_CHARS = 300


def number(value: float) -> str:
    """Return a score as a person writes it."""
    return f"{value:.4g}"


def shown(one: Submission, texts: Texts) -> Reply:
    """Return a text of a student's with all that was said of it; what is not marked can be withdrawn."""
    words = texts.essay
    lines = [words.shown.format(title=one.assignment.title, date=one.submitted_at[:10], state=state_of(one, words))]
    if one.marks and one.marks[0].comment:
        lines.append(words.comment.format(comment=one.marks[0].comment))
    excerpt = one.text if len(one.text) <= EXCERPT_CHARS else f"{one.text[:EXCERPT_CHARS]}…"
    parts = ["\n".join(lines), excerpt, *estimate_of(one.estimate, one.assignment, words)]
    rows = () if one.marks else ((Choice(words.withdraw, Action("e_withdraw", one.id)),),)
    return Reply("\n\n".join(parts), rows=rows)


def handed_in(one: Submission, texts: Texts) -> Reply:
    """Return what to say when a text was handed in."""
    words = texts.essay
    lead = words.handed_in.format(title=one.assignment.title, n=f"{len(one.text):,}")
    parts = [lead, *estimate_of(one.estimate, one.assignment, words)]
    return Reply("\n\n".join(parts), rows=((Choice(words.withdraw, Action("e_withdraw", one.id)),),))


def state_of(one: Submission, words: EssayTexts) -> str:
    """Return whether a text is marked, and how."""
    if not one.marks:
        return words.waits
    return words.marked.format(score=number(one.marks[0].score), most=number(one.assignment.max_score))


def told(one: Submission, texts: Texts) -> str:
    """Return the notice of a mark to a student."""
    words, mark = texts.essay, one.marks[0]
    title, most = one.assignment.title, number(one.assignment.max_score)
    lead = words.told.format(title=title, score=number(mark.score), most=most)
    return "\n\n".join([lead, words.comment.format(comment=mark.comment)]) if mark.comment else lead


def estimate_of(told: Estimated | None, assignment: Assignment, words: EssayTexts) -> Sequence[str]:
    """Return the paragraphs that tell an estimate, or why there is none; no other person's text is in them."""
    if told is None:
        return [words.no_estimate]
    if told.refused:
        return [words.refused.format(reasons=reasons(told.refused, words))]
    value, least, most = (rounded(one, assignment) for one in (told.value, told.low, told.high))
    low, high = number(assignment.min_score), number(assignment.max_score)
    parts = [words.estimate.format(value=value, low=low, high=high, least=least, most=most)]
    if told.nearest:
        each = [
            words.nearest_one.format(score=number(score), likeness=round(100 * likeness))
            for score, likeness in told.nearest
        ]
        parts.append(words.nearest.format(scores=", ".join(each)))
    for lead, found in ((words.strengths, told.strengths), (words.gaps, told.gaps)):
        if found:
            parts.append("\n".join([lead, *_listed(found, words)]))
    return [*parts, words.note]


def rounded(value: float, assignment: Assignment) -> str:
    """Return an estimate with as many decimals as its scale can bear."""
    span = assignment.max_score - assignment.min_score
    return f"{value:.{2 if span <= 2 else 1 if span <= 20 else 0}f}"


def reasons(refused: Iterable[str], words: EssayTexts) -> str:
    """Return why there is no estimate, as the end of a sentence."""
    known = {
        refusals.TOO_SHORT: words.reason_too_short,
        refusals.LANGUAGE: words.reason_language,
        refusals.OFF_PROMPT: words.reason_off_prompt,
        refusals.FROM_PROMPT: words.reason_from_prompt,
        refusals.FROM_REFERENCE: words.reason_from_reference,
        refusals.NEW_PROMPT: words.reason_new_prompt,
    }
    return "; ".join(known[reason] for reason in refused)


def _listed(found: Iterable[Finding], words: EssayTexts) -> list[str]:
    known = {
        "words": words.sign_words,
        "sentence_length": words.sign_sentence_length,
        "long_words": words.sign_long_words,
        "paragraphs": words.sign_paragraphs,
        "cosine": words.sign_cosine,
        "terms": words.sign_terms,
        "characters": words.sign_characters,
        "sentence_characters": words.sign_sentence_characters,
    }
    lines = []
    for one in found:
        numbers = {"value": one.value, "low": one.low, "high": one.high, "of": one.of}
        lines.append(f"• {known[one.sign].format(**{name: f'{n:g}' for name, n in numbers.items()})}")
    return lines
