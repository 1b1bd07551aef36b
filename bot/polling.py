"""Fetching updates so that nothing holds up the bot unseen: neither an update that cannot be read nor a dead token."""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from telegram import Update
from telegram.request import HTTPXRequest

logger = logging.getLogger(__name__)


class Polling(HTTPXRequest):
    """The requests of getUpdates; `withdrawn` is called when Telegram no longer takes the token.

    The library's polling would end there while the process lives on; so to the library it is a passing error.
    An update that the library cannot read becomes an empty one, or it would come again for ever, before all others.
    """

    def __init__(self, withdrawn: Callable[[], None]) -> None:
        super().__init__()
        self._withdrawn = withdrawn

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:  # noqa: ANN401  # the library's
        """See the library."""
        code, payload = await super().do_request(*args, **kwargs)
        if code == HTTPStatus.UNAUTHORIZED:
            self._withdrawn()
            code = HTTPStatus.BAD_GATEWAY
        return code, payload

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """See the library."""
        data: dict[str, Any] = HTTPXRequest.parse_json_payload(payload)
        if isinstance(data.get("result"), list):
            data["result"] = [_readable(update) for update in data["result"]]
        return data


def _readable(update: dict[str, Any]) -> dict[str, Any]:
    try:
        Update.de_json(update)
    except Exception as error:  # whatever the library stumbles over
        logger.error("update %s cannot be read (%s) and is skipped", update["update_id"], type(error).__name__)
        return {"update_id": update["update_id"]}
    return update
