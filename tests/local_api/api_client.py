"""A real client of the local Bot API, and a request as it comes."""

from __future__ import annotations

import httpx
from bot_api import BotApi, Button
from telegram import Bot, InlineKeyboardMarkup
from telegram.request import HTTPXRequest

YES_NO = InlineKeyboardMarkup([[Button("Yes", callback_data="y"), Button("No", url="a.b")]])


def client(api: BotApi, token: str = "1:TEST") -> Bot:
    requests = [HTTPXRequest(httpx_kwargs={"trust_env": False}) for _ in range(2)]
    return Bot(token, api.base_url, api.base_file_url, request=requests[0], get_updates_request=requests[1])


async def post(api: BotApi, method: str, **request: object) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as http:
        return await http.post(f"{api.base_url}1:TEST/{method}", **request)  # type: ignore[arg-type]
