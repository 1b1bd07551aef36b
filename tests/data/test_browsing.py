"""The pages for teachers over loopback: what they tell, that nothing else is told, that a bot may go on writing."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlite_utils import Database

from data import log
from data.browsing import PAGES, TABLES
from data.entries import add_course, entries, put
from data.people import meet
from data.records import Answer, Candidate, Entry, Feedback, Question
from data.store import Store

WHO = "I am Anna Schmidt, anna.schmidt@example.org"


def ask(db: Database, person: str, text: str, shown: Entry | None, day: str = "2026-11-20") -> int:
    meet(db, person)
    answer = Answer("answer", 0.9, (Candidate(shown, 1.0, 0.9),), "1") if shown else Answer("abstain", 0.1)
    return log.record_question(db, Question(text, "bio", "en", person, asked_at=f"{day}T10:00:00.000Z"), answer)


def fill(db: Database) -> None:
    add_course(db, "bio", "Biology")
    put(db, Entry("bio", "good", "What is a cell?", "A unit.", section="Cells"))
    put(db, Entry("bio", "bad", "What is a gene?", "Hm.", section="Genes"))
    good, bad = entries(db)
    meet(db, "teacher")
    for person, vote in (("p1", "down"), ("p2", "down"), ("p3", "up")):
        log.vote(db, Feedback(ask(db, person, "gene?", bad), bad.key, vote, 0, person))  # type: ignore[arg-type]
    log.vote(db, Feedback(ask(db, "p1", "cell?", good, "2026-11-21"), good.key, "up", 0, "p1"))
    log.escalate(db, ask(db, "p1", f"{WHO}: when is the exam?", None))
    ask(db, "p2", f"{WHO}: when is the exam?", None)
    settled = ask(db, "p3", "Settled long ago?", None)
    log.vote(db, Feedback(settled, good.key, "correction", None, "teacher", "teacher"))


class Site:
    """A running `python -m data browse`."""

    def __init__(self, store: Store) -> None:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("TUTOR_")}
        command = [sys.executable, "-m", "data", "browse", "--port", "0", "--db", str(store.path)]
        self.store, pipe = store, subprocess.PIPE
        self.process = subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True)
        assert self.process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+(?=/)\S+", self.process.stdout.readline())
        assert found, self.process.communicate()[1]
        self.link = found[0]
        self.base = self.link.partition("/-/")[0]
        self.client = httpx.Client(base_url=self.base, follow_redirects=True, timeout=60)

    def rows(self, page: str, **given: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client.get(f"/tutor/{page}.json", params={"_shape": "array", **given}).json()
        return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Store(tmp_path_factory.mktemp("browse") / "tutor.db") as store:
        store.write(fill)
        site = Site(store)
        try:
            assert httpx.get(f"{site.base}/tutor/unanswered").status_code == 403
            assert site.client.get(site.link).status_code == 200
            yield site
        finally:
            site.client.close()
            site.process.send_signal(signal.SIGINT)
            _, errors = site.process.communicate(timeout=30)
    assert errors.strip() == ""
    assert site.process.returncode in (0, 130)  # where the signal came before or after the server had its own say


def test_the_link_signs_in_once_and_nobody_else_sees_anything(site: Site) -> None:
    assert httpx.get(site.link).status_code == 403
    for path in ("/", "/tutor", "/tutor/unanswered.json", "/tutor/entries", "/-/metadata.json", "/tutor.db"):
        assert httpx.get(f"{site.base}{path}").status_code == 403, path


def test_what_was_asked_and_not_answered_comes_scrubbed_and_grouped(site: Site) -> None:
    assert site.rows("unanswered") == [
        {
            "question": "I am <name>, <email>: when is the exam?",
            "course": "bio",
            "asked": 2,
            "people": 2,
            "passed_to_a_teacher": 1,
            "last_asked": "2026-11-20",
        }
    ]
    assert site.rows("unanswered", course="physics") == []


def test_the_worst_answers_come_first(site: Site) -> None:
    (row,) = site.rows("worst-answers")
    assert (row["id"], row["thumbs_down"], row["helpful"], row["helpful_percent"]) == ("bad", 2, 1, 33)


def test_topics_answers_and_days_are_counted(site: Site) -> None:
    assert [(row["topic"], row["questions"], row["people"]) for row in site.rows("busiest-topics")] == [
        ("Genes", 3, 3),
        ("Cells", 1, 1),
    ]
    assert [(row["id"], row["questions"]) for row in site.rows("busiest-answers")] == [("bad", 3), ("good", 1)]
    assert [(row["day"], row["questions"], row["not_known"]) for row in site.rows("questions-per-day")] == [
        ("2026-11-21", 1, 0),
        ("2026-11-20", 6, 3),
    ]


def test_no_table_but_those_of_teachers_is_shown(site: Site) -> None:
    known = site.store.read(lambda db: db.table_names())
    shown = {table for table in known if site.client.get(f"/tutor/{table}.json").status_code == 200}
    assert shown == set(TABLES)


@pytest.mark.parametrize(
    "path",
    [
        "/tutor?sql=select+text+from+questions",
        "/tutor.json?sql=select+text+from+questions",
        "/tutor/entries?_where=key+in+(select+id+from+questions)",
        "/tutor.db",
        "/_internal",
        "/-/permissions",
        "/tutor/questions/1",
    ],
)
def test_nobody_asks_more_than_the_pages_do(site: Site, path: str) -> None:
    assert site.client.get(path).status_code in (403, 404)


def test_no_page_holds_what_points_to_a_person(site: Site) -> None:
    for path in ("", *(f"/{page}" for page in (*PAGES, *TABLES)), *(f"/{page}.csv" for page in PAGES)):
        page = site.client.get(f"/tutor{path}")
        assert page.status_code == 200
        assert not re.search(r"Anna|Schmidt|example\.org|\bp[123]\b", page.text), path


def test_a_bot_goes_on_writing_and_the_pages_follow(site: Site) -> None:
    before = len(site.rows("unanswered"))
    site.store.write(ask, "p9", "Is this new?", None, "2026-11-22")
    assert len(site.rows("unanswered")) == before + 1
    site.store.write(lambda db: db.execute("delete from questions where text = 'Is this new?'"))


def test_a_port_that_is_taken_is_refused_with_what_to_do(store: Store) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "data", "browse", "--port", port, "--db", str(store.path)]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == f"error: port {port}: Address already in use; choose another with --port\n"


def test_without_the_extra_the_line_says_how_to_install_it(store: Store, tmp_path: Path) -> None:
    # A folder in front hides the library, as if it were not there.
    (tmp_path / "datasette.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'datasette'\", name='datasette')"
    )
    ended = subprocess.run(
        [sys.executable, "-m", "data", "browse", "--port", "0", "--db", str(store.path)],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (ended.returncode, ended.stderr) == (
        1,
        "error: datasette is missing: install it with `pip install -e '.[browse]'`\n",
    )
