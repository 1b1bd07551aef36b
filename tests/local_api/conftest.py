"""The local Bot API and a real client of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from api_client import client
from bot_api import BotApi
from telegram import Bot


@pytest_asyncio.fixture
async def api() -> AsyncIterator[BotApi]:
    async with BotApi() as api:
        yield api


@pytest_asyncio.fixture
async def bot(api: BotApi) -> AsyncIterator[Bot]:
    async with client(api) as bot:
        api.calls.clear()
        yield bot
