"""The page: everything escaped, nothing fetched, legible on a phone; the file: whole, or a clear error."""

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from report_records import CHINESE, LONG, TYPED, filled, record, version

from data.errors import Refused, TutorError
from data.store import Store
from training.policies import NEVER
from training.report import gather_report
from training.report_page import page, write_page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--allow-file-access-from-files",
    "--dump-dom",
]


@pytest.fixture
def whole(store: Store, tmp_path: Path) -> str:
    """The page of a record with every part."""
    return shown(store, tmp_path, record())


def shown(store: Store, models: Path, told: dict[str, Any]) -> str:
    filled(store)
    version(store, models, told)
    return page(gather_report(store, models))


class Tags(HTMLParser):
    """Collects tags, ids and links, and the names of tags that were left open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in ("meta", "line", "circle", "path"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("line", "circle", "path"):
            assert self.open.pop() == tag


def test_the_sections_come_in_order(whole: str) -> None:
    names = re.findall(r'<section id="(\w+)"', whole)
    order = ["measures", "changes", "learning", "ablation", "reliability", "risk"]
    assert names == [*order, "budgets", "worst", "phrasings", "history"]
    assert re.findall(r'href="#(\w+)"', whole) == names


def test_the_headline_says_whether_it_got_better(whole: str) -> None:
    words = " ".join(re.sub(r"<[^>]+>", "", whole).split()).replace("\N{NO-BREAK SPACE}", " ")
    assert "Version 0001 serves" in words
    assert "Better than the base model: on 200 new wordings of known questions the right answer comes first" in words
    assert "for 92.1 %, before 86.8 %." in words
    assert "from 1043 wordings with known answers in 74 seconds; it takes 2.0 MB on disk" in words
    assert "not yet measured here: the shipped threshold for this budget serves" in words
    assert "likely at most 4.9 %" in words and "not a promise" in words
    assert "These 2 answers need two more; 1 answer needs one more." in words
    assert "1 of 3 protected questions broken" in words
    assert "differ by 3.1 percentage points" in words


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ([-0.061, -0.02], "Worse</b> than"),
        ([-0.01, 0.02], "No clear difference</b> from"),
        (None, "not tested against chance"),
    ],
)
def test_the_headline_follows_the_interval(store: Store, tmp_path: Path, ends: list[float] | None, said: str) -> None:
    told = record()
    told["intervals"] = {"new_wordings": {"mrr@10": ends}} if ends else {}
    assert said in shown(store, tmp_path, told)


def test_a_version_that_is_published_but_refused_says_so_and_what_serves(store: Store, tmp_path: Path) -> None:
    filled(store)
    version(store, tmp_path, record())
    refused = version(store, tmp_path, record() | {"parent": "0001"})
    (tmp_path / "answers" / refused / "model.safetensors").write_bytes(b"changed")
    assert "Version 0001 serves" in page(gather_report(store, tmp_path))
    shown = page(gather_report(store, tmp_path, refused))
    assert "Version 0002 does not serve" in shown and "Version 0001 serves now" in shown
    assert "This one was published, but is refused: " in shown and "is missing or was changed" in shown
    assert "publish 0002" not in shown


def test_what_people_typed_is_escaped_and_chinese_stays(whole: str) -> None:
    assert "<script" not in whole
    assert TYPED.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("'", "&#39;") in whole
    assert CHINESE in whole and "什么是微调?" in whole and LONG in whole


def test_the_page_is_well_formed_and_fetches_nothing(whole: str) -> None:
    tags = Tags()
    tags.feed(whole)
    assert tags.open == []
    ids = [attributes["id"] for _, attributes in tags.seen if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert whole.startswith("<!doctype html>")
    assert not {tag for tag, _ in tags.seen} & {"script", "img", "link", "iframe", "object", "image", "use"}
    assert not re.search(r"https?://|url\(|@import", whole)
    assert sum(tag == "svg" for tag, _ in tags.seen) == 4


def test_a_lone_surrogate_does_not_stop_the_file(tmp_path: Path) -> None:
    write_page(tmp_path / "page.html", "a \ud800 b")
    assert (tmp_path / "page.html").read_bytes() == b"a ? b"


def test_a_page_that_is_there_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    for text in ("one", "two"):
        write_page(tmp_path / "page.html", text)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("page.html", "two")]


def test_what_is_no_regular_file_stays(tmp_path: Path) -> None:
    (tmp_path / "folder.html").mkdir()
    (tmp_path / "kept").write_text("kept")
    (tmp_path / "link.html").symlink_to(tmp_path / "kept")
    for name, said in (("folder.html", "is a folder: name a file in it, such as "), ("link.html", "no regular file")):
        with pytest.raises(TutorError, match=said):
            write_page(tmp_path / name, "page")
    assert (tmp_path / "kept").read_text() == "kept"


def test_a_folder_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"page\.html: there is no folder .*no"):
        write_page(tmp_path / "no" / "page.html", "page")


def test_another_suffix_is_refused_so_that_no_store_is_overwritten(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"name it \.html"):
        write_page(tmp_path / "tutor.db", "page")


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
def test_no_sideways_scrolling_on_a_phone(whole: str, tmp_path: Path) -> None:
    assert scroll_widths(whole.replace("<details>", "<details open>"), tmp_path) == [320, 360, 1200]


def scroll_widths(written: str, tmp_path: Path) -> list[int]:
    """Return how wide a page is in frames of 320, 360 and 1200 pixels."""
    write_page(tmp_path / "page.html", written)
    # A window of Chromium has a least width; a frame has none.
    frame = '<iframe src="page.html" width="{0}" height="900" style="border:0" onload="document.title +='
    frame += " ' ' + this.contentDocument.documentElement.scrollWidth\"></iframe>"
    (tmp_path / "frame.html").write_text("<title>widths</title>" + "".join(map(frame.format, (320, 360, 1200))))
    assert CHROMIUM is not None
    done = subprocess.run(
        [CHROMIUM, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", (tmp_path / "frame.html").as_uri()],
        capture_output=True,
        text=True,
        timeout=60,
    )
    found = re.search(r"<title>widths([ \d]*)</title>", done.stdout)
    assert found, done.stderr
    return sorted(map(int, found[1].split()))


def test_a_course_that_never_answers_is_said_to(store: Store, tmp_path: Path) -> None:
    whole = record()
    next(iter(whole["calibration"]["courses"].values()))["threshold"] = NEVER
    version(store, tmp_path, whole)
    written = page(gather_report(store, tmp_path))
    assert "never answers" in written and f"{NEVER:.2f}" not in written
