# SPDX-License-Identifier: Apache-2.0
"""How a class starts: what it refuses, and the encrypted one for a room's network. No learner comes, so no lab starts."""

from __future__ import annotations

import signal
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from helpers import processes
from helpers.classroom import certificate, hub_process
from helpers.waiting import wait_until
from tests.classroom.conftest import School
from tests.resources import LAB

OTHER = "127.0.0.2"
"""Loopback as well, but not the address by which a class is for this computer only: so it is encrypted."""


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[School]:
    """A class that does not run. Nothing of it runs afterwards."""
    found = School(tmp_path / "home")
    yield found
    found.well("down")
    assert found.processes() == []


def test_before_the_first_class_each_verb_says_so(empty: School) -> None:
    assert "No class was running" in empty.run("down").stderr
    status = empty.run("status")
    assert (status.returncode, "Start it: `./lab class up`" in status.stderr) == (3, True)
    assert empty.roster() == {}
    reset = empty.run("reset", "kim", "--yes")
    assert (reset.returncode, reset.stderr.splitlines()[0]) == (2, "lab: There is no learner 'kim' in this class.")
    assert not empty.home.exists()


def test_what_cannot_be_used_is_refused_before_anything_starts(empty: School, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = {
            f"Port {port} of 127.0.0.1 is used by another program": ["--port", str(port)],
            "or this computer does not have that address": ["--address", "no.such.address.invalid"],
            "A certificate needs its key": ["--certificate", __file__],
            f"{tmp_path / 'none'} is not a file": ["--certificate", str(tmp_path / "none"), "--key", str(tmp_path)],
            "Invalid value for '--learners'": ["--learners", "0"],
            "Invalid value for '--idle'": ["--idle", "0"],
        }
        for said, options in refused.items():
            done = empty.run("up", *options)
            assert (done.returncode, said in done.stderr) == (2, True), done.stderr
            assert "Traceback" not in done.stderr
    assert empty.processes() == []


def test_a_class_that_is_interrupted_while_it_starts_leaves_nothing(empty: School) -> None:
    process = processes.start([LAB, "class", "up"], environment=empty.environment(), errors=processes.PIPE)
    wait_until(lambda: hub_process.find(empty.session.place), 120, "the hub to begin")
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130, said
    assert empty.processes() == []


def test_a_class_for_the_network_is_encrypted(empty: School) -> None:
    said = empty.well("up", "--address", OTHER)
    room = empty.session.running()
    assert room and room.certificate and room.url.startswith("https://") and room.url in said
    with requests.Session() as browser:
        browser.trust_env = False
        authority = empty.session.place.secrets / "certificates" / "authority" / "authority.crt"
        assert browser.get(f"{room.url}/hub/login", verify=str(authority), timeout=30).ok
        with pytest.raises(requests.RequestException):
            browser.get(f"{room.url}/hub/login", timeout=30)  # nobody whom a browser trusts has signed it
        plain = browser.get(f"{room.url.replace('https', 'http')}/hub/login", timeout=30, allow_redirects=False)
        assert not plain.ok, "the words would go in plain text"
    with socket.create_connection((OTHER, room.port), 10) as connection:
        context = ssl.create_default_context(cafile=str(authority))
        with context.wrap_socket(connection, server_hostname=OTHER) as encrypted:
            shown = encrypted.getpeercert(binary_form=True)
    assert shown == ssl.PEM_cert_to_DER_cert(Path(room.certificate).read_text("ascii"))
    words = empty.session.words()
    assert certificate.fingerprint(Path(room.certificate)) in said
    for secret in (words.room, words.teacher, words.api, words.proxy):
        assert secret not in empty.session.place.log.read_text("utf-8")
        assert not any(secret in word for process in empty.processes() for word in process.cmdline())
    wait_until(lambda: empty.session.place.database.stat().st_mode & 0o077 == 0, 5, "the database to be private")
