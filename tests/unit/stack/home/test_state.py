# SPDX-License-Identifier: Apache-2.0
"""What a lab remembers."""

from __future__ import annotations

import json
import shutil
import socket
import stat
from pathlib import Path

import pytest

from helpers import processes
from helpers.errors import LabError
from helpers.stack.home import accounts, folder, secrets
from helpers.stack.home.state import State
from helpers.stack.servers.java import properties


def test_saved_and_loaded(tmp_path: Path) -> None:
    assert State.load(tmp_path) is None
    new = State.new()
    new.ports["kafka"] = 20_001
    new.save(tmp_path)
    assert State.load(tmp_path) == new
    assert State.new().cluster_id != new.cluster_id
    assert len(new.cluster_id) == 22, "Kafka's ids are 16 bytes in base64 without padding"


def test_what_is_forgotten_is_gone_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interruption leaves no half of a data folder that the next start would take for a whole one."""
    for name in ("mariadb", "secrets"):
        (tmp_path / name / "data").mkdir(parents=True)

    def interrupted(folder: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as during:
        during.setattr(shutil, "rmtree", interrupted)
        with pytest.raises(KeyboardInterrupt):
            folder.forget(tmp_path, ["mariadb", "secrets", "never there"])
    assert not (tmp_path / "mariadb").exists() and not (tmp_path / "secrets").exists()
    folder.clear(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_deleted_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kafka").mkdir()

    def held(folder: Path) -> None:
        raise PermissionError(13, "The process cannot access the file", str(folder / "00.log"))

    monkeypatch.setattr(shutil, "rmtree", held)
    with pytest.raises(LabError, match=r"00\.log cannot be deleted: The process.*Close the program that uses it"):
        folder.forget(tmp_path, ["kafka"])


def test_no_cluster_id_looks_like_an_option() -> None:
    """Kafka's format tool refused one in 64 new labs: the id that it was given began with a dash."""
    assert not [found for found in (State.new().cluster_id for _ in range(2000)) if found.startswith("-")]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"ports": {}}', '{"unknown": 1}'])
def test_damaged(tmp_path: Path, text: str) -> None:
    (tmp_path / "lab.json").write_text(text)
    with pytest.raises(LabError, match=r"lab\.json is damaged.*lab reset"):
        State.load(tmp_path)


def test_a_port_is_free_and_not_given_twice() -> None:
    port = processes.choose_port(set())
    assert port in range(20_000, 32_000)
    assert processes.choose_port({port}) != port
    with pytest.raises(LabError, match="No free port"):
        processes.choose_port(set(range(20_000, 32_000)))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        assert not processes.can_bind(port)


def test_passwords_are_random_kept_and_private(tmp_path: Path) -> None:
    first = secrets.passwords(tmp_path)
    assert set(first) == set(accounts.ACCOUNTS)
    assert len(set(first.values())) == len(first)
    assert secrets.passwords(tmp_path) == first
    for account in first:
        assert stat.S_IMODE(secrets.password_file(tmp_path, account).stat().st_mode) == 0o600


def test_a_password_file_that_was_cut_short_is_made_again(tmp_path: Path) -> None:
    first = secrets.passwords(tmp_path)
    secrets.password_file(tmp_path, "sink").write_text("")
    again = secrets.passwords(tmp_path)
    assert again["sink"] not in ("", first["sink"])
    assert again | {"sink": ""} == first | {"sink": ""}


def test_one_command_at_a_time(tmp_path: Path) -> None:
    with (
        folder.locked(tmp_path),
        pytest.raises(LabError, match=r"Another `\./lab` command is running"),
        folder.locked(tmp_path),
    ):
        pass


def test_properties_survive_paths_of_any_kind() -> None:
    text = properties({"log.dirs": r"C:\lab home\실습", "node.id": 1})
    assert text == "log.dirs=C:\\\\lab home\\\\\\uc2e4\\uc2b5\nnode.id=1\n"
    assert properties({"emoji": "😀"}) == "emoji=\\ud83d\\ude00\n"


TODAY = """{
  "ports": {"kafka": 20001, "controller": 20002, "connect": 20003, "mariadb": 20004},
  "cluster_id": "dGhpcyBpcyBubyBpZA",
  "versions": {"kafka": "4.3.0", "connect": "4.3.0", "mariadb": "11.4.5"},
  "database_server": null
}
"""


def test_a_lab_of_the_first_release_is_read_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "lab.json").write_text(TODAY)
    known = State.load(tmp_path)
    assert known and known.ports["controller"] == 20002
    known.save(tmp_path)
    assert json.loads((tmp_path / "lab.json").read_text()) == json.loads(TODAY)


def test_a_lab_of_a_later_release_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "lab.json").write_text(TODAY.replace("{", '{"brokers": 3, ', 1))
    with pytest.raises(LabError, match=r"made by a newer version of this project.*brokers.*Nothing was changed"):
        State.load(tmp_path)
