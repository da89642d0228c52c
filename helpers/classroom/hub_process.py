# SPDX-License-Identifier: Apache-2.0
"""The process of the hub: start it, find it, end it. Its children are the proxy, the culler and the teacher's page."""

from __future__ import annotations

import os
import ssl
import sys
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path

import psutil

from helpers import processes
from helpers.classroom.interface import Interface
from helpers.classroom.place import Place, Room
from helpers.classroom.words import words
from helpers.errors import ServerFailed, TimedOut
from helpers.processes import Command, Process, is_listening, tail
from helpers.settings import HOME, variables
from helpers.waiting import wait_until

_START_TIMEOUT = 120.0  # seconds
_STOP_TIMEOUT = 120.0  # seconds in which all labs end on a busy server
_PATIENCE = 10.0  # seconds for the hub's children
_CONFIG = Path(__file__).with_name("hub_config.py")


def find(place: Place) -> psutil.Process | None:
    """Return the hub's process if it runs, or None."""
    return next(iter(processes.find_all(_marker(place))), None)


def _marker(place: Place) -> str:
    return f"--JupyterHub.db_url=sqlite:///{place.database}"


def start(place: Place, room: Room) -> None:
    """Start the hub and wait until it and the proxy answer. If that fails or is interrupted, the hub does not run.

    Raises `ServerFailed` with the end of its log if it ends by itself, or does not answer in time.
    """
    command: Command = [sys.executable, "-m", "jupyterhub", "-f", _CONFIG, _marker(place)]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])  # traefik is there
    environment = {**os.environ, **variables(place.settings), "PATH": path}
    place.log.parent.mkdir(exist_ok=True)
    place.log.touch(0o600)
    process = processes.spawn(command, cwd=place.folder, log=place.log, environment=environment)
    try:
        _wait_for(process, place, room)
    except BaseException:
        end(place)
        raise


def _wait_for(process: Process, place: Place, room: Room) -> None:
    hub = Interface(room.hub_port, words(place.secrets).api)
    try:
        wait_until(
            lambda: process.poll() is not None or (hub.answers() and _leads_to_the_hub(room)),
            _START_TIMEOUT,
            "the hub to answer",
            pause=0.2,
        )
    except TimedOut as error:
        raise ServerFailed(str(error), f"The end of {place.log}:\n{tail(place.log)}") from error
    if process.poll() is not None:
        raise ServerFailed("The hub ended while it was starting.", f"The end of {place.log}:\n{tail(place.log)}")


def _leads_to_the_hub(room: Room) -> bool:
    """Whether the proxy passes requests on to the hub. The certificate is not checked: it may have another name."""
    if not is_listening(room.port, room.bind):
        return False
    if room.certificate:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection: HTTPConnection = HTTPSConnection(room.bind, room.port, timeout=_PATIENCE, context=context)
    else:
        connection = HTTPConnection(room.bind, room.port, timeout=_PATIENCE)
    try:
        with closing(connection):
            connection.request("GET", "/hub/health")
            return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):  # the proxy is just starting
        return False


def end(place: Place) -> bool:
    """End the hub, which ends all labs, and what is left of its children. Return whether it ran."""
    hub = find(place)
    if hub:
        processes.stop(hub, _STOP_TIMEOUT)
    end_children(place)
    return hub is not None


def end_children(place: Place) -> None:
    """End a proxy, a culler and a teacher's page whose hub was killed. Only these name the class in these ways."""
    proxies = [it for it in processes.find_below(place.folder) if str(place.proxy_settings) in it.cmdline()]
    services = [
        process
        for process in psutil.process_iter(["environ"])
        if (environment := process.info["environ"] or {}).get(HOME) == str(place.settings.home)
        and "JUPYTERHUB_SERVICE_NAME" in environment
    ]
    for process in [*proxies, *services]:
        processes.stop(process, _PATIENCE)
