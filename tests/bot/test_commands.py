"""One list of commands: every one has its text, in an order that holds, and each person sees what they may do."""

import pytest
from catalogues import EN, ZH

from bot.all_skills import skills_of
from bot.commands import IN_TERMINAL, ON_TELEGRAM, described, help_of, open_to, roles, unknown
from bot.service import Tutor
from bot.texts import Texts


@pytest.mark.parametrize("texts", [EN, ZH])
def test_every_command_says_what_it_does(tutor: Tutor, texts: Texts) -> None:
    for own in (ON_TELEGRAM, IN_TERMINAL):
        names = roles(skills_of(tutor), own)
        assert set(skills_of(tutor).commands) <= set(names)
        assert [name for name, about in described(names, texts) if about == name] == []


def test_teachers_commands_are_listed_for_teachers_and_admins_for_admins(tutor: Tutor) -> None:
    every = roles(skills_of(tutor), ON_TELEGRAM)
    student, teacher, admin = (open_to(every, teaches) for teaches in (frozenset(), frozenset({"ml"}), None))
    assert "queue" not in student and "queue" in teacher
    assert "invite" not in teacher and "invite" in admin
    assert list(admin) == list(every)
    assert EN.talk.for_teachers not in help_of(student, EN)
    assert help_of(teacher, EN).index(EN.talk.for_teachers) < help_of(teacher, EN).index("/queue – ")


def test_what_is_for_everybody_comes_first_and_ones_own_data_last(tutor: Tutor) -> None:
    names = list(open_to(roles(skills_of(tutor), ON_TELEGRAM), frozenset()))
    assert names[:3] == ["start", "help", "course"]
    assert names[-5:] == ["language", "privacy", "export", "forget", "cancel"]


def test_an_unknown_command_names_the_nearest_one_if_any_is_near() -> None:
    assert unknown("Cuorse", ["course", "help"], EN) == EN.talk.nearest.format(name="course")
    assert unknown("frobnicate", ["course", "help"], EN) == EN.unknown_command
    assert unknown("", ["course", "help"], EN) == EN.unknown_command
