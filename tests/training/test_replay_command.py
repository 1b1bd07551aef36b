"""`training replay FILE`: each question whose answer would change is named, and nothing is written."""

from pathlib import Path

from command_line import Cli, logged, only_json

from data import log
from data.records import Answer, Question
from data.store import Store


def test_replay_names_each_question_whose_answer_would_change(cli: Cli, place: list[str], tmp_path: Path) -> None:
    file = tmp_path / "new.csv"
    file.write_text("id,question,answer\nzu,zua question,zuo zue\n", encoding="utf-8")
    replay = ("replay", file, *place, "--course", "tiny")
    said = "no questions were asked yet: there is nothing to replay\n"
    assert cli(*replay)[:2] == (0, said)
    assert only_json(cli(*replay, "--json")[1]) == {"asked": 0, "changed": []}
    with Store(tmp_path / "tutor.db") as store:
        for text in ("zua\nquestion", "baa question"):
            store.write(log.record_question, Question(text, "tiny"), Answer("abstain", 0.0))
    before = logged(tmp_path / "tutor.db")
    code, out, _ = cli(*replay, "--json")
    result = only_json(out)
    assert (code, result["asked"], len(result["changed"])) == (0, 2, 1)
    (change,) = result["changed"]
    assert (change["question"], change["course"]) == ("zua\nquestion", "tiny")
    assert change["after"] == {"decision": "answer", "course": "tiny", "id": "zu"}
    code, out, _ = cli(*replay)
    first, line = out.splitlines()
    assert (code, first) == (0, "this changes the answer to 1 of the last 2 questions:")
    assert line.startswith("zua question: ") and line.endswith(" -> answer tiny/zu")
    assert cli(*replay, "--last", 1)[1] == "this changes the answer to 0 of the last 1 questions\n"
    assert only_json(cli(*replay, "--replace", "--json")[1])["changed"][0]["question"] == "baa question"
    assert logged(tmp_path / "tutor.db") == before


def test_replay_refuses_what_import_refuses(cli: Cli, place: list[str], tmp_path: Path) -> None:
    file = tmp_path / "new.csv"
    file.write_text("course,question,answer\ntiny,,a\n,q,a\n", encoding="utf-8")
    code, out, err = cli("replay", file, *place)
    assert (code, out, err.count("error: ")) == (1, "", 2)
    assert "line 2: the question is empty" in err
