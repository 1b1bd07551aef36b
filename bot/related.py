"""/related: what is close to the last answer, by meaning and by words."""

from collections.abc import Sequence

from bot.replies import Action, Choice, Reply
from bot.service import Tutor
from bot.skills import Command, Said, Skill
from data import conversation
from data.entries import entry_of
from data.records import Question
from qa_model.answerer import MAX_QUESTION_CHARS

MIN_SCORE = 0.3  # of an entry that is close: about what two questions on one topic reach


class Related:
    """/related, with a button for each entry that is close."""

    def __init__(self, tutor: Tutor) -> None:
        self._tutor = tutor
        self.skill = Skill("related", {"related": Command(self.near)}, {"show": Command(self.show)})

    async def near(self, said: Said) -> Sequence[Reply]:
        """Offer the entries nearest to the one that was shown last."""
        entry = await self._tutor.read(conversation.last_answer, said.person)
        if entry is None:
            return [Reply(said.texts.talk.nothing_asked)]
        answer = await self._tutor.look_up(Question(entry.question[:MAX_QUESTION_CHARS], entry.course))
        near = [c.entry for c in answer.candidates if c.entry.key != entry.key and c.score >= MIN_SCORE]
        rows = tuple((Choice(other.question, Action("show", entry=other.key)),) for other in near)
        lead = said.texts.talk.related if rows else said.texts.talk.no_related
        return [Reply(lead.format(question=entry.question[:200]), rows=rows)]

    async def show(self, said: Said) -> Sequence[Reply]:
        """Show an entry."""
        entry = await self._tutor.read(entry_of, said.action.entry if said.action else 0)
        return [Reply(said.texts.gone) if entry is None else Reply(entry=entry)]
