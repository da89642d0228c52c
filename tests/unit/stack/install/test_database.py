# SPDX-License-Identifier: Apache-2.0
"""Which database server a lab runs: whose program it is, where it is looked for, and in which order."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from helpers.errors import LabError, Unsupported
from helpers.settings import Settings
from helpers.stack import installed
from helpers.stack.home.state import State
from helpers.stack.install import database
from helpers.stack.install.catalogue import Catalogue
from helpers.stack.install.database import Installation
from helpers.stack.local import LocalLab

Make = Callable[[str, str, str], Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Make the files of an installation below a new folder and return it: product, program, share."""

    def made(product: str, program: str, share: str) -> Path:
        base = tmp_path / f"{product} {share.replace('/', ' ')}"
        files = [program, f"{share}/english/errmsg.sys"]
        files += [f"{share}/mariadb_system_tables.sql"] if product == "mariadb" else []
        for file in files:
            (base / file).parent.mkdir(parents=True, exist_ok=True)
            (base / file).touch()
        return base

    return made


LAYOUTS = [
    ("mariadb", "bin/mariadbd", "share"),  # the archive for Linux
    ("mariadb", "bin/mysqld.exe", "share"),  # the archive for Windows
    ("mariadb", "usr/sbin/mariadbd", "usr/share/mysql"),  # Debian 12
    ("mariadb", "bin/mariadbd", "share/mysql"),  # Homebrew
    ("mysql", "bin/mysqld", "share/mysql"),  # conda
    ("mysql", "Library/bin/mysqld.exe", "Library/share/mysql"),  # conda on Windows
]


@pytest.mark.parametrize(("product", "program", "share"), LAYOUTS)
def test_what_stands_beside_a_program_tells_whose_it_is(make: Make, product: str, program: str, share: str) -> None:
    base = make(product, program, share)
    found = Installation.at(base)
    assert found == Installation(base / program, base / share) == Installation.around(base / program)
    assert found.product == product
    other = {"mariadb": "mysql", "mysql": "mariadb"}[product]
    assert Installation.at(base, other) is None  # type: ignore[arg-type]


def test_a_program_without_its_files_is_none(tmp_path: Path, make: Make) -> None:
    base = make("mariadb", "bin/mariadbd", "share")
    with pytest.raises(Unsupported, match=r"around .*nothing.*LAB_DATABASE_SERVER"):
        Installation.around(base / "bin" / "nothing")
    with pytest.raises(Unsupported, match="LAB_DATABASE_SERVER"):
        Installation.around(tmp_path / "bin" / "mariadbd")


@pytest.mark.skipif(os.name == "nt", reason="made with a script for the shell")
@pytest.mark.parametrize(
    ("said", "version"), [("Ver 8.4.2 for Linux", "8.4.2"), ("Ver 11.4.5-MariaDB for Linux", "11.4.5")]
)
def test_the_version_is_not_one_in_the_program_s_path(tmp_path: Path, said: str, version: str) -> None:
    program = tmp_path / "miniforge3-24.11.3" / "mysqld"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$0  {said}"\n')
    program.chmod(0o755)
    assert Installation(program, tmp_path).version() == version


def test_a_program_that_made_the_data_and_is_gone(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"does not exist any more.*Install it again, or run `\./lab reset`"):
        Installation.remembered(tmp_path / "envs" / "lab" / "bin" / "mysqld")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a database of its own."""
    monkeypatch.setattr(database, "_PLACES", ())


@pytest.fixture
def no_archive(bare: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A platform for which there is no MariaDB to download."""
    monkeypatch.setattr(Catalogue, "has_mariadb_here", lambda _: False)


@pytest.fixture
def lab(tmp_path: Path) -> LocalLab:
    (tmp_path / "home").mkdir()
    return LocalLab(Settings(tmp_path / "home", tmp_path / "cache"))


def in_conda(lab: LocalLab, environment: Path) -> LocalLab:
    return LocalLab(replace(lab.settings, conda=environment))


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("archive", [True, False])
def test_conda_s_mysql_is_for_platforms_without_an_archive(
    make: Make, lab: LocalLab, monkeypatch: pytest.MonkeyPatch, archive: bool
) -> None:
    monkeypatch.setattr(Catalogue, "has_mariadb_here", lambda _: archive)
    conda = make("mysql", "bin/mysqld", "share/mysql")
    assert in_conda(lab, conda).machine_database() == (
        None if archive else Installation.around(conda / "bin" / "mysqld")
    )


@pytest.mark.usefixtures("no_archive")
def test_a_mariadb_goes_before_a_mysql(make: Make, lab: LocalLab, monkeypatch: pytest.MonkeyPatch) -> None:
    conda = make("mysql", "bin/mysqld", "share/mysql")
    monkeypatch.setattr(database, "_PLACES", (str(make("mariadb", "bin/mariadbd", "share/mysql")),))
    found = in_conda(lab, conda).machine_database()
    assert found and found.product == "mariadb"


@pytest.mark.usefixtures("no_archive")
def test_who_made_the_data_goes_on_with_it(make: Make, lab: LocalLab, monkeypatch: pytest.MonkeyPatch) -> None:
    program = make("mysql", "bin/mysqld", "share/mysql") / "bin" / "mysqld"
    known = State.new()
    known.database_server = str(program)
    known.save(lab.home)
    (lab.home / "mysql" / "data").mkdir(parents=True)
    monkeypatch.setattr(database, "_PLACES", (str(make("mariadb", "bin/mariadbd", "share/mysql")),))
    assert lab.machine_database() == Installation.around(program)


@pytest.mark.parametrize(
    ("then", "now", "said"),
    [
        ({"kafka": "4.3.0", "mariadb": "11.4.5"}, {"kafka": "4.3.1", "mariadb": "11.4.9"}, None),
        ({"kafka": "4.3.0", "mariadb": "11.4.5"}, {"kafka": "4.4.0", "mariadb": "11.4.5"}, "by Apache Kafka 4.3.0.*Kafka 4.4.0"),
        ({"kafka": "4.3.0", "mariadb": "11.4.5"}, {"kafka": "4.3.0", "mysql": "8.4.2"}, "MariaDB 11.4.5.*runs MySQL 8.4.2"),
        ({}, {"kafka": "4.3.0", "mysql": "8.4.2"}, None),
    ],
)  # fmt: skip
def test_data_that_would_not_be_read(
    tmp_path: Path, then: dict[str, str], now: dict[str, str], said: str | None
) -> None:
    for name in ("kafka", "mariadb"):
        (tmp_path / name / "data").mkdir(parents=True)
    if not said:
        installed.check_data(tmp_path, then, now)
        return
    with pytest.raises(LabError, match=f"{said}.*lab reset"):
        installed.check_data(tmp_path, then, now)
