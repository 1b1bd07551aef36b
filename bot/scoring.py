"""What a scorer says of a text that was handed in: asked on the thread of the models, kept without others' texts."""

import asyncio
import logging

from bot.scorers import Loaded
from bot.service import Tutor
from data.assignments import Assignment
from data.scored import Work
from data.submissions import Estimated, Submission
from qa_model.refusals import NEW_PROMPT
from qa_model.scorer import NEW, Estimate, Example, Prompt

logger = logging.getLogger(__name__)


async def estimated(tutor: Tutor, assignment: Assignment, text: str) -> Estimated | None:
    """Return what the assignment's scorer says of a text, None if it has none that can.

    Whatever happens to the scorer, the text is handed in.
    """
    try:
        loaded = await asyncio.to_thread(tutor.scorers.find, assignment.scorer) if assignment.scorer else None
        if loaded is None or not _fits(loaded.scorer.prompts.get(assignment.prompt_id), assignment):
            return None
        told = await score(tutor, loaded, _work(assignment, text))
        return await asyncio.to_thread(_recorded, loaded, assignment, text, told)
    except Exception:
        logger.exception("a text for %s/%s goes without an estimate", assignment.course, assignment.id)
        return None


async def evidence(tutor: Tutor, submission: Submission) -> tuple[Example, ...]:
    """Return the scored texts that are most like one that was handed in, for teachers.

    Whatever happens to the scorer, the text can be marked.
    """
    asked = submission.assignment
    try:
        loaded = await asyncio.to_thread(tutor.scorers.find, asked.scorer) if submission.estimate else None
        return () if loaded is None else (await score(tutor, loaded, _work(asked, submission.text))).nearest
    except Exception:
        logger.exception("text %d is shown without the texts most like it", submission.id)
        return ()


async def score(tutor: Tutor, loaded: Loaded, work: Work) -> Estimate:
    """Score a text on the thread of the models."""
    return await tutor.lend(lambda _: loaded.scorer.score([work])[0])


def _work(assignment: Assignment, text: str) -> Work:
    return Work(assignment.prompt_id, text, assignment.prompt, assignment.reference)


def _fits(prompt: Prompt | None, assignment: Assignment) -> bool:
    """Say whether the scores that were learned for the assignment are on its scale."""
    fits = prompt is None or assignment.min_score <= prompt.low <= prompt.high <= assignment.max_score
    if not fits:
        where = f"{assignment.course}/{assignment.id}"
        logger.warning("%s: the scorer %s learned scores off its scale", where, assignment.scorer)
    return fits


def _recorded(loaded: Loaded, assignment: Assignment, text: str, told: Estimate) -> Estimated:
    """Return an estimate as it is kept, on the assignment's scale."""
    refused = told.refused
    known = assignment.prompt_id in loaded.scorer.prompts
    if not known and not loaded.takes_new and NEW_PROMPT not in refused:
        refused = (*refused, NEW_PROMPT)
    if refused:
        return Estimated(loaded.model, 0.0, 0.0, 0.0, refused)
    value, low, high = told.value, told.low, told.high
    if not known:
        usual, span = loaded.scorer.prompts[NEW], assignment.max_score - assignment.min_score
        stretch = span / (usual.high - usual.low)
        value, low, high = (assignment.min_score + stretch * (end - usual.low) for end in (value, low, high))
    standing = loaded.standing(assignment.prompt_id)
    strengths, gaps = standing.findings(text, told.signs) if standing is not None else ((), ())
    nearest = tuple((example.score, example.cosine) for example in told.nearest)
    return Estimated(loaded.model, value, low, high, (), nearest, strengths, gaps)
