# SPDX-License-Identifier: Apache-2.0
"""Who may come in: whoever knows the word of the room, with a name that nobody else has.

The word is the same for all, so it does not say who somebody is. The first browser that signs in with a name gets a key for
it, in a cookie. Another browser with the same name is refused, until the teacher lets it in.
"""

from __future__ import annotations

import secrets
import unicodedata
from hmac import compare_digest
from pathlib import Path
from typing import Any

from jupyterhub.authenticators.shared import SharedPasswordAuthenticator
from tornado.web import HTTPError
from traitlets import Unicode

from helpers.classroom.place import NAME, TEACHER
from helpers.stack.home.secrets import write_private

_DAYS = 30
"""How long a browser keeps its key."""


class RoomAuthenticator(SharedPasswordAuthenticator):  # type: ignore[misc]  # JupyterHub comes without types
    """Signs in learners by the word of the room, and the teacher by the teacher's word. Says what is wrong in one sentence."""

    claims = Unicode(config=True, help="The folder with a key for each name.")

    def normalize_username(self, username: str) -> str:
        return unicodedata.normalize("NFC", username.strip()).casefold()

    async def authenticate(self, handler: Any, data: dict[str, str]) -> dict[str, object] | None:
        name = self.normalize_username(data.get("username", ""))
        if not name:
            raise HTTPError(403, "Give a name, such as your first name.")
        if not NAME.fullmatch(name):
            raise HTTPError(
                403, "Use letters, digits, - and _ in your name, at most 30, and begin with a letter or a digit."
            )
        user: dict[str, object] | None = await super().authenticate(handler, {**data, "username": name})
        if not user:
            whose = "the teacher's word" if name == TEACHER else "the word of this room"
            raise HTTPError(403, f"That is not {whose}. Ask your teacher for it, and mind the dashes.")
        if name != TEACHER:
            _claim(handler, Path(self.claims), name)
        return user


def _claim(handler: Any, folder: Path, name: str) -> None:
    """Give the name to this browser if nobody has it yet. Refuse it if another browser has it."""
    path, cookie = folder / name, f"lab-class-{name.encode().hex()}"
    brought = (handler.get_secure_cookie(cookie) or b"").decode("ascii")
    if path.exists() and not compare_digest(brought, path.read_text("ascii")):
        raise HTTPError(
            403,
            f"The name {name} is taken. Choose another one, such as {name}2. "
            "If it is yours, use the browser that you began with, or ask your teacher to let you in.",
        )
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(path, secrets.token_urlsafe(24))
    secure = handler.request.protocol == "https"
    key = path.read_text("ascii")
    handler.set_secure_cookie(cookie, key, expires_days=_DAYS, path=handler.hub.base_url, httponly=True, secure=secure)
