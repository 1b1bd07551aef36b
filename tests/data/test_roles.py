"""An invitation makes one teacher, once and in time; what is stored of it invites nobody."""

import re
from pathlib import Path

import pytest
from sqlite_utils import Database

from data import audit, people, roles
from data.entries import add_course
from data.errors import TutorError
from data.store import Store


@pytest.fixture(autouse=True)
def course(store: Store) -> None:
    """Courses c and d, and three persons."""

    def fill(db: Database) -> None:
        for name in ("c", "d"):
            add_course(db, name)
        for person in ("admin", "ada", "bob"):
            people.meet(db, person)

    store.write(fill)


def invite(store: Store, course: str = "c", name: str = "Ada", ref: str | None = None) -> str:
    return store.write(roles.invite, course, name, actor="admin", ref=ref)


def teaching(store: Store) -> list[tuple[str, str, str]]:
    return [(t.person, t.course, t.name) for t in store.read(roles.teachers)]


def log(store: Store) -> list[tuple[str, str, str | None, str]]:
    return [(c.actor, c.action, c.course, c.detail) for c in store.read(audit.changes)]


def test_an_invitation_makes_a_teacher_of_its_course(store: Store) -> None:
    assert store.write(roles.accept, invite(store), "ada") == "c"
    assert teaching(store) == [("ada", "c", "Ada")]
    assert store.read(roles.teaches, "ada") == {"c"}
    assert store.read(roles.teaches, "bob") == frozenset()
    assert log(store) == [("admin", "invite", "c", ""), ("ada", "join", "c", "teacher 1")]


def test_an_invitation_is_good_once(store: Store) -> None:
    code = invite(store)
    store.write(roles.accept, code, "ada")
    assert store.write(roles.accept, code, "bob") is None
    assert teaching(store) == [("ada", "c", "Ada")]


def test_the_same_person_may_take_it_up_again_as_after_a_crash_but_not_after_a_dismissal(store: Store) -> None:
    code = invite(store)
    assert [store.write(roles.accept, code, "ada") for _ in range(2)] == ["c", "c"]
    assert [action for _, action, _, _ in log(store)] == ["invite", "join"]
    store.write(roles.dismiss, 1, actor="admin")
    assert store.write(roles.accept, code, "ada") is None
    assert teaching(store) == []


def test_a_link_whose_user_was_forgotten_stays_used(store: Store) -> None:
    code = invite(store)
    store.write(roles.accept, code, "ada")
    store.write(lambda db: db.execute("delete from people where id = 'ada'"))
    assert teaching(store) == []
    assert store.write(roles.accept, code, "bob") is None


def test_an_invitation_expires(store: Store) -> None:
    code = invite(store)
    store.write(lambda db: db.execute("update invitations set expires_at = '2026-01-01T00:00:00'"))
    assert store.write(roles.accept, code, "ada") is None
    assert teaching(store) == []


def test_an_invitation_is_good_for_a_week(store: Store) -> None:
    invite(store)
    sql = (
        "select julianday(i.expires_at) - julianday(c.at) as days from invitations i join changes c on c.id = i.change"
    )
    (row,) = store.read(lambda db: list(db.query(sql)))
    assert row["days"] == pytest.approx(roles.VALID_DAYS, abs=0.001)


@pytest.mark.parametrize("code", ["", "x", "A" * 22, "é" * 22, "'; --", "A" * 10_000])
def test_a_code_that_was_never_given_is_worth_nothing(store: Store, code: str) -> None:
    invite(store)
    assert store.write(roles.accept, code, "ada") is None


def test_a_code_has_128_bits_fits_a_link_and_is_nowhere_in_the_store(store: Store, tmp_path: Path) -> None:
    codes = {invite(store) for _ in range(20)}
    assert len(codes) == 20
    assert all(roles.CODE.fullmatch(code) for code in codes)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", f"invite-{code}") for code in codes)
    content = b"".join(path.read_bytes() for path in tmp_path.glob("tutor.db*"))
    assert not any(code.encode() in content for code in codes)


def test_the_same_event_invites_once_and_its_second_link_is_the_one_that_works(store: Store) -> None:
    first, second = invite(store, ref="telegram:1"), invite(store, ref="telegram:1")
    assert store.write(roles.accept, first, "bob") is None
    assert store.write(roles.accept, second, "ada") == "c"
    assert [action for _, action, _, _ in log(store)] == ["invite", "join"]


@pytest.mark.parametrize(("course", "name"), [("none", "Ada"), ("c", "x" * 61), ("c", "a\nb"), ("c", "\u202eadA")])
def test_what_cannot_be_an_invitation_is_refused(store: Store, course: str, name: str) -> None:
    with pytest.raises(TutorError):
        invite(store, course, name)
    assert log(store) == []


def test_a_teacher_of_two_courses_can_lose_one(store: Store) -> None:
    for course in ("c", "d"):
        store.write(roles.accept, invite(store, course), "ada")
    gone = store.write(roles.dismiss, 1, actor="admin")
    assert gone is not None
    assert (gone.course, gone.name) == ("c", "Ada")
    assert store.read(roles.teaches, "ada") == {"d"}
    assert store.write(roles.dismiss, 1, actor="admin") is None
    assert log(store)[-1] == ("admin", "dismiss", "c", "teacher 1")
