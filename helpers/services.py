# SPDX-License-Identifier: Apache-2.0
"""The programs of the shop as processes of a notebook: start, stop, kill, start again with the same database.

They end with the notebook's kernel, also when that is killed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil

from helpers import processes
from helpers.arguments import check_text
from helpers.child import Guarded
from helpers.errors import InvalidInput, ServerFailed, TimedOut, Unsupported
from helpers.lab import Lab
from helpers.topics import check_name
from helpers.waiting import wait_until

TOPIC, GROUP = "example-order-topic", "consumerGroupId"

_START_TIMEOUT = 30.0
_PATIENCE = (8.0, 3.0)  # seconds to finish what is in hand after SIGINT, then after SIGTERM


class Service:
    """One program of the shop, from `start` to `stop` or for a `with` block. `folder` has its database, settings and log.

    It may be started again after `stop` and after `kill`: with the same database, on another port (the gateway on the same one).
    Two instances of one program need two folders.
    """

    def __init__(self, program: str, folder: Path, options: dict[str, object]) -> None:
        self.program = program
        self._folder = folder
        self._options = {key: value for key, value in options.items() if value is not None}
        self._log = folder / f"{program}.log"
        self._output: IO[bytes] | None = None
        self._child: Guarded | None = None
        self._told: dict[str, str] = {}

    @property
    def url(self) -> str:
        """The address of this service, without a slash at the end. Raises `ServerFailed` before its first start."""
        return self._say("url")

    @property
    def instance(self) -> str:
        """The name that it registers with and signs its answers with. Raises `ServerFailed` before its first start."""
        return self._say("instance")

    @property
    def pid(self) -> int:
        """The id of the process. Raises `ServerFailed` before its first start."""
        return int(self._say("pid"))

    @property
    def running(self) -> bool:
        """Whether the service runs now."""
        return self._child is not None and self._child.running

    def start(self) -> Service:
        """Start the service and return itself when it listens. Does nothing while it runs.

        Raises `ServerFailed` with the end of its log if it does not start.
        """
        if self.running:
            return self
        self.stop()
        settings = self._folder / f"{self.program}.json"
        settings.write_text(json.dumps(self._options, indent=2, ensure_ascii=False), "utf-8")
        command: list[str | Path] = [sys.executable, "-P", "-m", f"helpers.shop.{self.program}", "--settings", settings]
        self._output = self._log.open("ab")
        began = self._output.tell()
        self._told = {}
        self._child = Guarded(command, patience=_PATIENCE, output=self._output, errors=processes.STDOUT)
        self._child.start()
        try:
            self._told = wait_until(lambda: self._introduced(began), _START_TIMEOUT, f"{self.program} to listen")
        except TimedOut as error:
            raise self._failure(str(error)) from error
        finally:
            if not self._told:
                self.stop()
        return self

    def stop(self) -> None:
        """Let the service finish what is in hand and end. May be called twice, and after `kill`."""
        if self._child:
            self._child.stop()
        self._close()

    def kill(self) -> None:
        """End the process at once (SIGKILL): it finishes nothing, and says goodbye to nobody."""
        if self._child:
            self._child.kill()
        self._close()

    def freeze(self) -> None:
        """Pause the process (SIGSTOP) until `resume` or `stop`: it keeps its connections and answers nothing."""
        self._signal(psutil.Process.suspend)

    def resume(self) -> None:
        """Let a frozen service continue. Does nothing to one that runs or has ended."""
        self._signal(psutil.Process.resume)

    def wait_ended(self, timeout: float = 20.0) -> None:
        """Return when the service has ended by itself, as one with the order to crash does. Raises `TimedOut`."""
        wait_until(lambda: not self.running, timeout, f"{self.program} to end")
        self.stop()

    def __enter__(self) -> Service:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"{self._told.get('instance', self.program)}, {'running' if self.running else 'not running'}"

    def _introduced(self, began: int) -> dict[str, str]:
        """Return what the service has said of itself since `began`, a position in its log. Empty until it has."""
        if not self.running:
            raise self._failure(f"{self.program} ended while it was starting.")
        with self._log.open("rb") as log:
            log.seek(began)
            lines = log.read().decode("utf-8", "replace").splitlines(keepends=True)
        said = [line for line in lines if line.startswith("{") and line.endswith("\n")]
        told: dict[str, str] = json.loads(said[0]) if said else {}
        return told

    def _failure(self, problem: str) -> ServerFailed:
        return ServerFailed(f"{problem}\n{processes.tail(self._log)}")

    def _say(self, what: str) -> str:
        if not self._told:
            raise ServerFailed(f"{self.program} was not started.", "Call its `start()` first.")
        return self._told[what]

    def _signal(self, send: Callable[[psutil.Process], None]) -> None:
        """Signal the service itself and not its guard, which must stay awake to end it."""
        if self.running:
            with suppress(psutil.NoSuchProcess):
                send(psutil.Process(self.pid))

    def _close(self) -> None:
        if self._output:
            self._output.close()
            self._output = None


def row_listener(
    lab: Lab, folder: Path, topic: str, *, group: str, table: str = "saved", name: str | None = None
) -> Service:
    """Return a listener that saves a row for each order in `table` of the lessons' database, not started yet.

    The table needs the columns of `helpers.shop.row_listener.TABLE`. Its column `saved_by` gets `name`, by default the group.
    Raises `LabNotRunning` if no database is known.
    """
    check_open(lab)
    _check_folder(folder)
    check_name(topic)
    check_text("group", group)
    check_text("table", table)
    from helpers import database  # it imports pandas, which nothing else here needs

    place, account = database.address(lab), "service"
    options: dict[str, object] = {
        "bootstrap-servers": lab.bootstrap_servers,
        "topic": topic,
        "group": group,
        "database": f"mysql+pymysql://{account}@{place.host}:{place.port}/{place.name}",
        "password-file": str(database.password_file(place, account)),
        "table": table,
        "name": name,
    }
    return Service("row_listener", folder, options)


def order_service(
    lab: Lab, folder: Path, topic: str = TOPIC, *, way: str = "confirm", gateway: str | None = None
) -> Service:
    """Return the order service that sends its orders to `topic` in one of four ways, not started yet.

    `way` is "forget", "confirm", "outbox" or "topic-first". `gateway` is the address of the gateway to register with.
    """
    options = {**_common(lab, folder, topic, gateway), "way": way}
    return Service("order_service", folder, options)


def catalog_service(
    lab: Lab,
    folder: Path,
    topic: str = TOPIC,
    *,
    group: str = GROUP,
    naive: bool = False,
    batch: int = 500,
    stock: int | None = None,
    crash: str | None = None,
    gateway: str | None = None,
) -> Service:
    """Return the catalog service that listens to `topic` as a member of `group`, not started yet.

    `naive` remembers no order. `batch` is how many records it takes at most in one transaction, `stock` the pieces of each
    product at the first start. `crash` is where it kills itself, as in "after-database-commit:5": there, with the 5th record.
    """
    check_text("group", group)
    options = {"group": group, "naive": naive, "batch": batch, "stock": stock, "crash": crash}
    return Service("catalog_service", folder, {**_common(lab, folder, topic, gateway), **options})


def gateway(folder: Path, *, lease: float | None = None, timeout: float | None = None) -> Service:
    """Return the gateway, not started yet. It keeps its port when it starts again, so that the instances find it.

    `lease` is how many seconds an instance stays without a heartbeat, `timeout` how many it has to answer.
    """
    _check_folder(folder)
    return Service("gateway", folder, {"port": processes.choose_port(set()), "lease": lease, "timeout": timeout})


def _common(lab: Lab, folder: Path, topic: str, gateway: str | None) -> dict[str, object]:
    _check_folder(folder)
    check_name(topic)
    check_open(lab)
    return {
        "bootstrap-servers": lab.bootstrap_servers,
        "database": str(folder / "service.db"),
        "topic": topic,
        "gateway": gateway,
    }


def check_open(lab: Lab) -> None:
    """Check that the programs of the shop can use the Kafka of `lab`: they have no login. Raises `Unsupported`."""
    if lab.security:
        problem = f"The programs of the shop cannot log in to Kafka, as {lab.bootstrap_servers} wants."
        raise Unsupported(problem, "Use a lab of `./lab up` for this lesson.")


def _check_folder(folder: object) -> None:
    if not isinstance(folder, Path) or not folder.is_dir():
        raise InvalidInput(f"There is no folder {str(folder)!r:.60}.", "Take one from `workspace.folder`.")
