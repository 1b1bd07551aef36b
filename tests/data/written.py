"""Entries of every kind that a teacher may write, formulas and odd characters among them."""

from hypothesis import strategies as st

from data.records import Entry

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60).map(str.strip)
FORMULA = st.builds("".join, st.tuples(st.sampled_from("=+-@'"), st.text("=+-@' \t\r\n|,\"x", max_size=5))).map(
    str.strip
)
WRITTEN = (TEXT | FORMULA).map(lambda text: text or "x")
ALTERNATE = WRITTEN.map(lambda text: text.replace("|", "/").strip() or "x")
ENTRY = st.builds(
    Entry,
    course=st.sampled_from(["c", "-d_"]),
    id=st.text(st.characters(codec="utf-8", exclude_characters="|"), min_size=1, max_size=20)
    .map(str.strip)
    .map(lambda text: text if text and text.isprintable() else "x"),
    question=WRITTEN,
    answer=WRITTEN,
    section=TEXT | FORMULA,
    alternates=st.lists(ALTERNATE, max_size=3, unique=True).map(tuple),
    source_url=st.just("") | TEXT.map(lambda text: f"https://{text}".strip()),
    tags=TEXT | FORMULA,
    lang=st.sampled_from(["", "en", "zh-Hans"]),
    expires_on=st.just("") | st.dates().map(str),
)
