"""The skills of the tutor, a line each; both front ends have them all."""

from bot.language import Language
from bot.queue import TeacherQueue
from bot.recommending import Recommending
from bot.reports import Reports
from bot.sent_files import SentFiles
from bot.service import Tutor
from bot.skills import Skills
from bot.teaching import Teaching


def skills_of(tutor: Tutor) -> Skills:
    """Return every skill."""
    return Skills(
        tutor,
        [
            Language(tutor).skill,
            Reports(tutor).skill,
            SentFiles(tutor).skill,
            Teaching(tutor).skill,
            TeacherQueue(tutor).skill,
            Recommending(tutor).skill,
        ],
    )
