"""Updates of every kind that Telegram knows, and what can be wrong with them: hypothesis strategies."""

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]
Place = tuple[str | int, ...]

USER = {"id": 1, "is_bot": False, "first_name": "Ada", "username": "ada", "language_code": "en"}
PRIVATE = {"id": 1, "type": "private", "first_name": "Ada"}
GROUP = {"id": -100123, "type": "supergroup", "title": "Course"}
FILE = {"file_id": "f", "file_unique_id": "u", "file_size": 1000}
BASE = {"message_id": 5, "date": 1700000000, "from": USER, "chat": PRIVATE}
COMMAND = {"entities": [{"type": "bot_command", "offset": 0, "length": 6}]}
PHOTO = [{**FILE, "width": 9, "height": 9}]
DOCUMENT = {**FILE, "file_name": "a.csv", "mime_type": "text/csv"}
STICKER = {**FILE, "type": "regular", "width": 9, "height": 9, "is_animated": False, "is_video": False}
POLL = {
    "id": "p", "question": "?", "options": [{"text": "a", "voter_count": 0}], "total_voter_count": 0, "type": "regular",
    "is_closed": False, "is_anonymous": True, "allows_multiple_answers": False,
}  # fmt: skip
SENT = {**BASE, "text": "An answer", "reply_markup": {"inline_keyboard": [[{"text": "👍", "callback_data": "up:1:1"}]]}}
QUERY = {"id": "9", "from": USER, "chat_instance": "1", "message": SENT}
AT = {"chat": PRIVATE, "date": 1}
MEMBER = {"status": "member", "user": USER}
KINDS: tuple[Json, ...] = (
    *({"message": {**BASE, **content}} for content in (
        {"text": "basel q0"},
        {"text": "/start course-tiny", **COMMAND},
        {"text": "/help", **COMMAND},
        {"text": "/course", **COMMAND},
        {"photo": PHOTO, "caption": "look"},
        {"document": DOCUMENT},
        {"sticker": STICKER},
        {"location": {"latitude": 1.5, "longitude": 2.5}},
        {"contact": {"phone_number": "+1", "first_name": "Ada"}},
        {"poll": POLL},
        {"text": "reply", "reply_to_message": SENT, "quote": {"text": "An", "position": 0}},
        {"chat": GROUP, "text": "in a group"},
        {"chat": GROUP, "new_chat_members": [USER]},
        {"forward_origin": {"type": "user", "date": 1, "sender_user": USER}, "text": "forwarded"},
    )),
    {"edited_message": {**BASE, "text": "mended", "edit_date": 1700000001}},
    {"channel_post": {**BASE, "text": "posted", "sender_chat": GROUP}},
    *({"callback_query": {**QUERY, "data": data}} for data in ("up:1:1", "ask:1", "course:tiny", "none:1")),
    {"inline_query": {"id": "1", "from": USER, "query": "q", "offset": ""}},
    {"my_chat_member": {**AT, "from": USER, "old_chat_member": MEMBER, "new_chat_member": MEMBER}},
    {"message_reaction": {**AT, "message_id": 5, "user": USER, "old_reaction": [], "new_reaction": []}},
    {"poll": POLL},
    {"a_kind_of_tomorrow": {"of": "Telegram"}},
)  # fmt: skip
ODD = (
    "",
    " ",
    "\x00",
    "\ud800",
    "\u202eabc",
    "a\u0300" * 50,
    "👩‍👩‍👧‍👦",
    "<b>",
    "&lt;",
    "/",
    "/start course-",
    "../..",
    "'; drop table",
)
odd_texts = st.one_of(st.sampled_from(ODD), st.text(max_size=30), st.integers(1, 50_000).map(lambda n: "字" * n))
odd_numbers = st.sampled_from((0, -1, 2**31, 2**53 + 1, 2**63, -(2**63), 2**200, 1.5, 1e300))
odd_values: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), odd_numbers, odd_texts, st.just([]), st.just({}), st.just([[[[]]]]), st.just([None]),
    st.builds(lambda deep: _nested(deep), st.integers(1, 200)),
)  # fmt: skip


@st.composite
def malformed(draw: st.DrawFn) -> Json:
    """Return a valid update with one to four of its parts taken out, of another type, huge, or of odd characters."""
    update = draw(st.sampled_from(KINDS))
    for _ in range(draw(st.integers(1, 4))):
        places = list(_places(update))
        place = draw(st.sampled_from(places)) if places else ()
        if place:
            update = _changed(update, place, draw(st.one_of(st.just(_OUT), odd_values)))
    return update


_OUT = object()


def _places(part: object, above: Place = ()) -> Iterator[Place]:
    inner = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, value in inner:
        yield (*above, key)
        if len(above) < 8:
            yield from _places(value, (*above, key))


def _changed(part: Any, place: Place, value: object) -> Any:  # noqa: ANN401  # any JSON
    """Return a copy in which this place holds the value, or is taken out."""
    key, *rest = place
    copy: Any = dict(part) if isinstance(part, dict) else list(part)
    if rest:
        copy[key] = _changed(copy[key], tuple(rest), value)
    elif value is _OUT:
        del copy[key]
    else:
        copy[key] = value
    return copy


def _nested(deep: int) -> Json:
    nested: Json = {}
    for _ in range(deep):
        nested = {"reply_to_message": nested}
    return nested
