# SPDX-License-Identifier: Apache-2.0
"""The teacher's page, a service of the hub: who is here, how far they are, whose lab is unwell, and three buttons for each.

Only the teacher may see it: the hub asks at each request.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jupyterhub.services.auth import HubOAuthCallbackHandler, HubOAuthenticated
from tornado.web import Application, HTTPError, RequestHandler, authenticated

from helpers.classroom.roster import as_dictionary
from helpers.classroom.sessions import Session
from helpers.errors import LabError
from helpers.settings import settings


class Base(HubOAuthenticated, RequestHandler):  # type: ignore[misc]  # JupyterHub comes without types
    """What only the teacher may ask for."""

    @property
    def session(self) -> Session:
        """The class."""
        found: Session = self.settings["session"]
        return found


class Page(Base):
    """The page itself. It then asks for `people` every few seconds."""

    @authenticated
    async def get(self) -> None:
        self.set_header("Content-Security-Policy", "frame-ancestors 'none'")
        await self.render("teacher.html", xsrf=self.xsrf_token.decode("ascii"))


class People(Base):
    """What the page shows, as `./lab class roster --json` prints it."""

    @authenticated
    async def get(self) -> None:
        people = await asyncio.to_thread(self.session.roster)
        self.write(as_dictionary(people))


class Deed(Base):
    """One of the three buttons: `end`, `reset`, `let-in`. Answers with what went wrong, or with nothing."""

    @authenticated
    async def post(self, verb: str) -> None:
        deeds = {"end": self.session.end, "reset": self.session.reset, "let-in": self.session.place.let_in}
        try:
            await asyncio.to_thread(deeds[verb], self.get_body_argument("name"))
        except LabError as error:
            raise HTTPError(409, "%s", str(error), reason="refused") from error

    def write_error(self, status_code: int, **details: Any) -> None:
        error = details["exc_info"][1]
        self.set_header("Content-Type", "application/json")
        self.write({"problem": str(error.__cause__ or error)})
        _ = self.finish()  # the future says when it is sent, and nothing waits for that


def application() -> Application:
    """Return the page's application. The hub gives it an address and a cookie's key in its environment."""
    prefix = os.environ["JUPYTERHUB_SERVICE_PREFIX"]
    handlers = [
        (prefix, Page),
        (f"{prefix}people", People),
        (f"{prefix}(end|reset|let-in)", Deed),
        (f"{prefix}oauth_callback", HubOAuthCallbackHandler),
    ]
    return Application(
        handlers,
        session=Session(settings()),
        template_path=str(Path(__file__).parent / "templates"),
        cookie_secret=os.urandom(32),
        xsrf_cookies=True,
        xsrf_cookie_kwargs={"path": prefix},
    )


async def main() -> None:
    """Serve the page until the hub ends it."""
    address = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
    application().listen(address.port or 0, address.hostname or "127.0.0.1")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
