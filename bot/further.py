"""What goes with a question beyond its answer: resources that fit, and the button that leads to them."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from bot.asking import Asked
from bot.replies import Reply, further_row
from bot.service import Tutor
from bot.texts import Texts
from data import recommended
from data.resources import has_resources, resources
from qa_model.recommend import Fit, Topic, chosen


async def fitting(tutor: Tutor, topics: Sequence[Topic], passed: Collection[int] = ()) -> list[Fit]:
    """Return the few resources that fit the topics, none if none fits. `passed` are keys of resources."""
    known = await tutor.read(resources)
    if not known or not topics:
        return []
    votes = await tutor.read(recommended.votes)
    while (ranked := await tutor.lend(tutor.recommender.rank_or_embed, known, topics, votes)) is None:
        pass  # in parts: nobody's question waits until all resources have their vectors
    return chosen(ranked, passed)


async def topic_of(tutor: Tutor, asked: Asked) -> Topic:
    """Return the topic of a recorded question: the entry that answered it, or else those that were likely."""
    question, entry = await tutor.read(recommended.asked, asked.question)
    if entry is not None:
        return Topic(question, ((entry, 1.0),))
    return Topic(question, tuple((c.entry, c.probability) for c in asked.answer.candidates))


async def with_more(tutor: Tutor, asked: Asked, reply: Reply, texts: Texts) -> Reply:
    """Add the button to the reply to a question, where a resource goes with the answer, or fits what has none."""
    if asked.best is not None:
        more = tutor.find(has_resources, asked.best.key)
    else:
        more = asked.answer.decision == "abstain" and bool(await fitting(tutor, [await topic_of(tutor, asked)]))
    return replace(reply, rows=(*reply.rows, further_row(asked.question, texts))) if more else reply
