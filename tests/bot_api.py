"""Telegram's Bot API on the loopback, so that tests drive the bot through its real client and play the people.

Requests are accepted or refused as Telegram does it, in its words; `fail` queues what can go wrong on the way.
Not modelled: Markdown, entities and reply keyboards in answers, files sent to the bot, `allowed_updates`, webhook
delivery; of groups only what is said in them and who their admins are.
Stricter than Telegram: HTML tags must be in lower case, and the values of their attributes quoted.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import defaultdict, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from itertools import count
from typing import Any, ClassVar, Literal, Self
from xml.etree import ElementTree

from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from tornado import httpserver, netutil, web
from tornado.iostream import StreamClosedError

Json = dict[str, Any]
Button = InlineKeyboardButton
WAIT_S = 60.0  # the most that is waited for what comes at once, on a machine with much else to do
TAGS = {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "code", "pre"}
TAGS |= {"a", "blockquote", "span", "tg-spoiler"}
LITERAL_AMPERSAND = re.compile(r"&(?!(?:lt|gt|amp|quot|#\d+|#x[\da-fA-F]+);)")
ONLY_XML = re.compile(r"<[!?]|<[^<>]*/>")
COMMAND = re.compile(r"\A/\w{1,64}(?:@\w{3,32})?(?![\w/<>])", re.ASCII)
MENTION = re.compile(r"(?<!\w)@\w{3,32}")
RIGHTS = {
    **dict.fromkeys(("can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages"), False),
    **dict.fromkeys(("can_manage_video_chats", "can_restrict_members", "can_promote_members"), False),
    **dict.fromkeys(("can_change_info", "can_invite_users", "can_post_stories"), False),
    **dict.fromkeys(("can_edit_stories", "can_delete_stories"), False),
}
SETTING = re.compile(r"sendChatAction|setChatMenuButton|(set|delete)(Webhook|My\w+)")
# Form fields arrive as text; a person's words must stay text even where they happen to be valid JSON.
WORDS = {"text", "name", "description", "short_description", "callback_query_id", "inline_query_id"}
ENCODED = re.compile(r"-?\d+|true|false|[\[{].*", re.DOTALL)
FILE = {"file_id": "file", "file_unique_id": "unique", "width": 512, "height": 512, "duration": 3}
STICKER = FILE | {"type": "regular", "is_animated": False, "is_video": False}
MEDIA = {"sticker": STICKER, "voice": FILE, "photo": [FILE]}
NOT_MODIFIED = "message is not modified: specified new message content and reply markup are exactly the same"


@dataclass(eq=False)
class Fault(Exception):
    """What happens to a request instead of the usual; one that hangs is carried out unless the client gives up."""

    answer: tuple[int, bytes] | None = None
    carried_out: bool = False
    dropped: bool = False
    hang_s: float = 0.0

    too_many: ClassVar[Callable[..., Fault]] = lambda retry_after=1: _refusal(
        429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after
    )
    server_error: ClassVar[Callable[..., Fault]] = lambda status=502: _refusal(status, HTTPStatus(status).phrase)
    blocked: ClassVar[Callable[[], Fault]] = lambda: _refusal(403, "Forbidden: bot was blocked by the user")
    refuse_html: ClassVar[Callable[[], Fault]] = lambda: _bad_request("can't parse entities: Unexpected end tag")
    garbage: ClassVar[Callable[[], Fault]] = lambda: Fault((200, b"<html>not JSON</html>"))
    drop: ClassVar[Callable[[], Fault]] = lambda: Fault(dropped=True)
    deliver_then_drop: ClassVar[Callable[[], Fault]] = lambda: Fault(carried_out=True, dropped=True)
    hang: ClassVar[Callable[[float], Fault]] = lambda seconds: Fault(carried_out=True, hang_s=seconds)


def _refusal(status: int, description: str, **parameters: int) -> Fault:
    body = {"ok": False, "error_code": status, "description": description}
    return Fault((status, json.dumps(body | ({"parameters": parameters} if parameters else {})).encode()))


def _bad_request(description: str) -> Fault:
    return _refusal(400, f"Bad Request: {description}")


@dataclass(frozen=True)
class Sent:
    """A message as the bot wrote it; an edit is a new one with the same ids."""

    method: str
    chat_id: int
    message_id: int
    text: str
    parse_mode: str | None
    buttons: tuple[tuple[Button, ...], ...]
    reply_to: int | None
    at: float
    file: tuple[str, bytes] | None = None


def plain_text(source: str) -> str:
    """What people read of Telegram's HTML, which is so close to XML that an XML parser finds what is broken."""
    xml = LITERAL_AMPERSAND.sub("&amp;", source).replace("<blockquote expandable>", "<blockquote>")
    try:
        root = ElementTree.fromstring(f"<u>{xml}</u>")
    except ElementTree.ParseError as error:
        raise _bad_request(f"can't parse entities: {error}") from None
    plain_spans = {tag for tag in root.iter("span") if tag.get("class") != "tg-spoiler"}
    unknown = [tag.tag for tag in root.iter() if tag.tag not in TAGS or tag in plain_spans]
    if unknown or ONLY_XML.search(source):
        raise _bad_request(f"can't parse entities: Unsupported start tag {unknown}")
    return "".join(root.itertext())


def _content(params: Json) -> Json:
    text, mode = params.get("text", ""), params.get("parse_mode")
    if mode not in (None, "HTML"):
        raise _bad_request("unsupported parse_mode")
    plain = (plain_text(text) if mode else text).strip()
    if not plain:
        raise _bad_request("message text is empty")
    if len(plain.encode("utf-16-le")) // 2 > 4096:
        raise _bad_request("message is too long")
    return {"text": text, "parse_mode": mode, **_buttons(params)}


def _buttons(params: Json) -> Json:
    rows = (params.get("reply_markup") or {}).get("inline_keyboard", [])
    if any(len(button.get("callback_data", "").encode()) > 64 for row in rows for button in row):
        raise _bad_request("BUTTON_DATA_INVALID")
    return {"buttons": tuple(Button.de_list(row) for row in rows)}


class BotApi:
    """The server, what the bot told it, and the verbs of the people who use the bot."""

    def __init__(self, token: str = "1:TEST", max_wait_s: float = 1.0) -> None:
        self.token, self.max_wait_s = token, max_wait_s
        self.me = {"id": int(token.split(":")[0]), "is_bot": True, "first_name": "Bot", "username": "test_bot"}
        self.calls: list[tuple[str, Json]] = []
        self.sent: list[Sent] = []
        self.open_queries: set[str] = set()
        self.admins: set[int] = set()  # of every group
        self.files: dict[str, bytes] = {}  # that people sent, by id
        self._unseen: list[Sent] = []
        self._shown: dict[tuple[int, int], Sent] = {}
        self._updates: dict[int, Json] = {}
        self._people: dict[int, Json] = {}
        self._update_ids = count(1)
        self._message_ids: defaultdict[int, count[int]] = defaultdict(lambda: count(1))
        self._faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._changed = asyncio.Event()
        self._handlers: dict[str, Callable[[Json], object]] = {
            "getMe": lambda _: self.me,
            "getUpdates": lambda params: list(self._updates.values())[: params.get("limit", 100)],
            "sendMessage": self._send,
            "sendDocument": lambda params: self._send_file("sendDocument", "document", params),
            "sendPhoto": lambda params: self._send_file("sendPhoto", "photo", params),
            "editMessageText": lambda params: self._edit("editMessageText", params, _content(params)),
            "editMessageReplyMarkup": lambda params: self._edit("editMessageReplyMarkup", params, _buttons(params)),
            "answerCallbackQuery": self._close_query,
            "answerInlineQuery": self._close_inline_query,
            "getChatMember": self._member,
            "getFile": lambda params: {
                "file_id": params["file_id"],
                "file_unique_id": params["file_id"],
                "file_path": params["file_id"],
            },
        }

    async def __aenter__(self) -> Self:
        sockets = netutil.bind_sockets(0, "127.0.0.1")
        application = web.Application(
            [(r"/bot([^/]+)/(\w+)", _Endpoint), (r"/file/bot([^/]+)/(\w+)", _FileEndpoint)],
            api=self,
            log_function=lambda _: None,
        )
        self._server = httpserver.HTTPServer(application)
        self._server.add_sockets(sockets)
        root = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
        self.base_url, self.base_file_url = f"{root}/bot", f"{root}/file/bot"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.stop()
        await self._server.close_all_connections()

    def fail(self, method: str, *faults: Fault) -> None:
        self._faults[method].extend(faults)

    def unconfirmed(self) -> list[int]:
        return list(self._updates)

    async def wait_until(self, holds: Callable[[], object], timeout_s: float = WAIT_S) -> None:
        async with asyncio.timeout(timeout_s):
            while not holds():
                await self._changed.wait()

    async def wait_confirmed(self, update_id: int, timeout_s: float = WAIT_S) -> None:
        await self.wait_until(lambda: update_id not in self._updates, timeout_s)

    async def next_sent(self, chat_id: int | None = None, timeout_s: float = WAIT_S) -> Sent:
        """The oldest message, in this chat if given, that no earlier call returned."""
        await self.wait_until(lambda: any(chat_id in (None, sent.chat_id) for sent in self._unseen), timeout_s)
        sent = next(sent for sent in self._unseen if chat_id in (None, sent.chat_id))
        self._unseen.remove(sent)
        return sent

    def send_update(self, update: Json) -> int:
        update = {"update_id": next(self._update_ids)} | update
        self._updates[update["update_id"]] = update
        self._wake()
        return int(update["update_id"])

    def send_message(self, user_id: int, content: Json, **profile: str | None) -> int:
        """Any private message; `profile` sets the person's fields, such as `language_code`, from now on."""
        ids = {"message_id": next(self._message_ids[user_id]), "from": self._person(user_id, **profile)}
        return self.send_update({"message": _private(user_id, time.time()) | ids | content})

    def send_text(self, user_id: int, text: str, *, reply_to: Sent | None = None, **profile: str | None) -> int:
        """A text; as a reply to something that the bot sent, if that is given."""
        entities = [{"type": "bot_command", "offset": 0, "length": found.end()} for found in COMMAND.finditer(text)]
        quoted = {"reply_to_message": self._message(self._shown[user_id, reply_to.message_id])} if reply_to else {}
        return self.send_message(user_id, {"text": text, "entities": entities} | quoted, **profile)

    def say_in_group(
        self, group: int, user_id: int, text: str, *, reply_to: Sent | None = None, edits: int | None = None
    ) -> int:
        """A text in a group, or the change of an earlier message; mentions and commands are marked as Telegram does."""
        marks = [("mention", found) for found in MENTION.finditer(text)]
        marks += [("bot_command", found) for found in COMMAND.finditer(text)]
        entities = [{"type": kind, "offset": m.start(), "length": len(m[0])} for kind, m in marks]
        number = next(self._message_ids[group]) if edits is None else edits
        said = _chat(group, time.time()) | {"message_id": number, "from": self._person(user_id), "text": text}
        if reply_to is not None:
            said["reply_to_message"] = self._message(self._shown[group, reply_to.message_id])
        said |= {"entities": entities} | ({"edit_date": int(time.time())} if edits is not None else {})
        return self.send_update({"message" if edits is None else "edited_message": said})

    def type_inline(self, user_id: int, text: str) -> int:
        """A question after the bot's name in any chat."""
        update_id = next(self._update_ids)
        self.open_queries.add(str(update_id))
        query = {"id": str(update_id), "from": self._person(user_id), "query": text, "offset": ""}
        return self.send_update({"update_id": update_id, "inline_query": query})

    def send_inline(self, user_id: int, text: str, result: str) -> int:
        """Send one of the results."""
        chosen = {"result_id": result, "from": self._person(user_id), "query": text}
        return self.send_update({"chosen_inline_result": chosen})

    def send_file(self, user_id: int, name: str, content: bytes, **profile: str | None) -> int:
        """A document, which the bot can fetch."""
        key = f"file{len(self.files)}"
        self.files[key] = content
        document = {"file_id": key, "file_unique_id": key, "file_name": name, "file_size": len(content)}
        return self.send_message(user_id, {"document": document}, **profile)

    def send_media(self, user_id: int, kind: Literal["sticker", "voice", "photo"], **profile: str | None) -> int:
        return self.send_message(user_id, {kind: MEDIA[kind]}, **profile)

    def press(self, user_id: int, message: Sent, button: str) -> int:
        """Press a button, named by its text or data, of those that the message has by now."""
        shown = self._shown[message.chat_id, message.message_id]
        buttons = [known for row in shown.buttons for known in row if known.callback_data]
        data = next((known.callback_data for known in buttons if button in (known.text, known.callback_data)), None)
        if data is None:
            raise LookupError(f"{button!r} is none of {buttons}")
        update_id = next(self._update_ids)
        self.open_queries.add(str(update_id))
        query = {"id": str(update_id), "from": self._person(user_id), "chat_instance": "1", "data": data}
        return self.send_update({"update_id": update_id, "callback_query": query | {"message": self._message(shown)}})

    async def answer(self, token: str, method: str, params: Json) -> tuple[int, bytes] | None:
        """The answer to one request; None closes the connection without any."""
        if token != self.token:
            return _refusal(401, "Unauthorized").answer
        self.calls.append((method, params))
        self._wake()
        fault = self._faults[method].popleft() if self._faults[method] else Fault(carried_out=True)
        await asyncio.sleep(fault.hang_s)
        answer = await self._carry_out(method, params) if fault.carried_out else fault.answer
        self._wake()
        return None if fault.dropped else answer

    async def _carry_out(self, method: str, params: Json) -> tuple[int, bytes] | None:
        if method == "getUpdates":
            await self._poll(params.get("offset", 0), params.get("timeout", 0))
        if params.get("drop_pending_updates"):
            self._updates.clear()
        try:
            if not SETTING.fullmatch(method) and method not in self._handlers:
                raise _refusal(404, "Not Found")
            result = self._handlers[method](params) if method in self._handlers else True
        except Fault as refusal:
            return refusal.answer
        except KeyError as missing:
            return _bad_request(f"{missing} is empty").answer
        return 200, json.dumps({"ok": True, "result": result}).encode()

    async def _poll(self, offset: int, timeout_s: float) -> None:
        first = self.unconfirmed()[offset:][0] if offset < 0 and self._updates else offset
        self._updates = {known: update for known, update in self._updates.items() if known >= first}
        self._wake()
        with suppress(TimeoutError):
            await self.wait_until(self.unconfirmed, min(timeout_s, self.max_wait_s))

    def _send(self, params: Json) -> Json:
        content, reply = _content(params), params.get("reply_parameters") or {}
        ids = {"chat_id": params["chat_id"], "message_id": next(self._message_ids[params["chat_id"]])}
        sent = Sent("sendMessage", **ids, **content, reply_to=reply.get("message_id"), at=time.time())
        return self._show(sent)

    def _send_file(self, method: str, field: str, params: Json) -> Json:
        if not isinstance(params.get(field), tuple):
            raise _bad_request(f"there is no {field} in the request")
        ids = {"chat_id": params["chat_id"], "message_id": next(self._message_ids[params["chat_id"]])}
        text, file, reply = params.get("caption", ""), params[field], params.get("reply_parameters") or {}
        if len(text) > 1024:
            raise _bad_request("message caption is too long")
        said = Sent(
            method,
            **ids,
            text=text,
            parse_mode=None,
            **_buttons(params),
            reply_to=reply.get("message_id"),
            at=time.time(),
        )
        return self._show(replace(said, file=file))

    def _edit(self, method: str, params: Json, changes: Json) -> Json:
        shown = self._shown.get((params["chat_id"], params["message_id"]))
        if not shown:
            raise _bad_request("message to edit not found")
        if replace(shown, **changes) == shown:
            raise _bad_request(NOT_MODIFIED)
        return self._show(replace(shown, **changes, method=method, at=time.time()))

    def _show(self, sent: Sent) -> Json:
        self._shown[sent.chat_id, sent.message_id] = sent
        if sent.method != "editMessageReplyMarkup":
            self.sent.append(sent)
            self._unseen.append(sent)
        return self._message(sent)

    def _message(self, sent: Sent) -> Json:
        text = plain_text(sent.text) if sent.parse_mode else sent.text
        markup = {"reply_markup": InlineKeyboardMarkup(sent.buttons).to_dict()} if sent.buttons else {}
        return _chat(sent.chat_id, sent.at) | {"message_id": sent.message_id, "from": self.me, "text": text} | markup

    def _close_query(self, params: Json) -> bool:
        if params["callback_query_id"] not in self.open_queries:
            raise _bad_request("query is too old and response timeout expired or query ID is invalid")
        self.open_queries.remove(params["callback_query_id"])
        return True

    def _close_inline_query(self, params: Json) -> bool:
        self._close_query({"callback_query_id": params["inline_query_id"]})
        for result in params["results"]:
            _content(result["input_message_content"] | {"text": result["input_message_content"]["message_text"]})
        return True

    def _member(self, params: Json) -> Json:
        status = "administrator" if params["user_id"] in self.admins else "member"
        return {"status": status, "user": self._person(params["user_id"])} | (RIGHTS if status != "member" else {})

    def _person(self, user_id: int, **profile: str | None) -> Json:
        known = self._people.get(user_id, {"id": user_id, "is_bot": False, "first_name": "Ada", "language_code": "en"})
        self._people[user_id] = known | profile
        return self._people[user_id]

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


def _private(user_id: int, at: float) -> Json:
    return {"chat": {"id": user_id, "type": "private"}, "date": int(at)}


def _chat(chat: int, at: float) -> Json:
    """A person's chat, or a group, whose numbers are negative."""
    return _private(chat, at) | ({"chat": {"id": chat, "type": "supergroup", "title": "Group"}} if chat < 0 else {})


class _Endpoint(web.RequestHandler):
    _task: asyncio.Task[Any] | None = None

    async def post(self, token: str, method: str) -> None:
        self._task = asyncio.current_task()
        answer = await self.settings["api"].answer(token, method, self._params())
        if answer:
            self.set_status(answer[0])
            with suppress(StreamClosedError):  # the bot did not wait for it
                await self.finish(answer[1])
        else:
            self.detach().close()

    def on_connection_close(self) -> None:
        if self._task:
            self._task.cancel()

    def _params(self) -> Json:
        if self.request.headers.get("Content-Type", "").startswith("application/json"):
            return dict(json.loads(self.request.body))
        fields = {name: values[-1].decode() for name, values in self.request.arguments.items()}
        files = {name: (parts[-1]["filename"], parts[-1]["body"]) for name, parts in self.request.files.items()}
        return {name: _decoded(name, value) for name, value in fields.items()} | files


class _FileEndpoint(web.RequestHandler):
    def get(self, token: str, key: str) -> None:
        api: BotApi = self.settings["api"]
        if token != api.token or key not in api.files:
            raise web.HTTPError(404)
        self.write(api.files[key])


def _decoded(name: str, value: str) -> object:
    return json.loads(value) if name not in WORDS and ENCODED.fullmatch(value) else value
