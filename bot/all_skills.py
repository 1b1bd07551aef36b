"""The skills of the tutor, a line each; both front ends have them all."""

from bot.anonymous import Anonymous
from bot.essays import Essays
from bot.language import Language
from bot.marking import Marking
from bot.practice import Practice
from bot.queue import TeacherQueue
from bot.recommending import Recommending
from bot.related import Related
from bot.reports import Reports
from bot.sent_files import SentFiles
from bot.service import Tutor
from bot.skills import Skills
from bot.teaching import Teaching
from bot.topics import Topics
from bot.undoing import Undoing


def skills_of(tutor: Tutor) -> Skills:
    """Return every skill."""
    every = [
        Language(tutor).skill,
        Related(tutor).skill,
        Anonymous(tutor).skill,
        TeacherQueue(tutor).skill,
        Topics(tutor).skill,
        Teaching(tutor).skill,
        SentFiles(tutor).skill,
        Undoing(tutor).skill,
        Reports(tutor).skill,
        Practice(tutor).skill,
        Recommending(tutor).skill,
        Essays(tutor).skill,
        Marking(tutor).skill,
    ]
    return Skills(tutor, every)
