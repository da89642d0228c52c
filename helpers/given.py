# SPDX-License-Identifier: Apache-2.0
"""Servers that somebody gives: the file or address in `LAB_ATTACH`, read and checked. It holds no password, only files with one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import requests
from pydantic import AfterValidator, BaseModel, Field, StringConstraints, ValidationError

from helpers.clients import is_secret
from helpers.errors import InvalidInput, LabError, LabNotRunning
from helpers.settings import ATTACH, BROKERS, URL
from helpers.stack.install import web
from helpers.stack.install.database import Product

FROM_FILE = ".file"
"""`sasl.password.file` names the file that holds the value of `sasl.password`."""

_REMEDY = f"Correct it, or unset {ATTACH}. `./lab status --json` prints one for a lab of your own."
_LIMIT, _PATIENCE = 1_000_000, 10.0  # bytes, seconds
_SECURITY = r"(security|sasl|ssl|enable\.sasl|enable\.ssl)\..+"


def _brokers(value: str) -> str:
    if not re.fullmatch(BROKERS, value):
        raise ValueError("it must be host:port, or several separated by commas")
    return value


def _address(value: str) -> str:
    if not re.fullmatch(URL, value) or "@" in value:  # a password in it would stand in each error and each output
        raise ValueError("it must be an http or https address without a name or a password in it")
    return value


_Brokers = Annotated[str, AfterValidator(_brokers)]
_Address = Annotated[str, AfterValidator(_address)]
_Name = Annotated[str, StringConstraints(min_length=1)]


class _Part(BaseModel, extra="forbid"):
    """A misspelt name is refused, because what it should have named would be missing silently."""


class GivenDatabase(_Part):
    """A database, and the file with the password of `user`. Those of other accounts are beside it, as in `Database` of a lab."""

    host: _Name
    port: Annotated[int, Field(gt=0, lt=65536)]
    name: _Name = "mydb1"
    user: _Name = "owner"
    password_file: _Name
    product: Product = "mariadb"


class GivenInside(_Part):
    """The addresses that the servers use among themselves, and the place of the passwords for the worker."""

    bootstrap_servers: _Brokers
    connect_url: _Address | None = None
    database: GivenDatabase | None = None


class Given(_Part):
    """What `./lab status --json` prints, and what clients need to log in to Kafka."""

    bootstrap_servers: _Brokers
    clients: dict[str, str | int | float | bool] = {}
    """Settings of security with librdkafka's names, as in `{"security.protocol": "SASL_SSL"}`."""
    connect_url: _Address | None = None
    connect_user: _Name | None = None
    connect_password_file: _Name | None = None
    worker_secrets: _Name | None = None
    """The folder where the worker finds the passwords of connectors, if that is another than for programs."""
    registry_url: _Address | None = None
    database: GivenDatabase | None = None
    inside: GivenInside | None = None
    home: Any = None
    """Of the lab that the text is from. Its servers are given, so nothing here starts, ends or reads them in their folder."""
    servers: Any = None


def read(source: str) -> Given:
    """Return what is at `source`, a file or an http(s) address. All its files for this computer have whole paths.

    A path in a file is relative to that file's folder. In a text from an address it begins with / or ~.
    Raises `InvalidInput` for what is not there or not right, and `LabNotRunning` for an address that does not answer. No error
    shows a value, or an address whole: these may hold a password.
    """
    file = None if re.fullmatch(URL, source) else Path(source).expanduser().absolute()
    name = source if file else f"the text from {urlsplit(source).hostname}"
    text = _text(file) if file else _download(source)
    try:
        given = Given.model_validate(json.loads(text))
    except ValidationError as error:
        raise _refused(name, _first(error)) from error
    except ValueError as error:
        raise _refused(name, f"it is not JSON ({error})") from error
    return _with_files(given, name, file.parent if file else None)


def _first(error: ValidationError) -> str:
    """The first mistake in words."""
    found = error.errors()[0]
    place = ".".join(map(str, found["loc"])) or "it"
    if found["type"] == "extra_forbidden":
        return f"{place} is not a name that is known there"
    if found["type"] == "missing":
        return f"{place} is missing"
    said = found["msg"].removeprefix("Value error, ")
    return f"{place} is not right: {said[:1].lower()}{said[1:]}"


def _refused(name: str, why: str) -> LabError:
    return InvalidInput(f"{ATTACH} names {name}, and {why}.", _REMEDY)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise InvalidInput(f"{ATTACH} names {path}, which cannot be read: {error.strerror}.", _REMEDY) from error
    except UnicodeDecodeError as error:
        raise _refused(str(path), "it is not UTF-8") from error


def _download(address: str) -> str:
    host = urlsplit(address).hostname
    try:
        with web.session() as session, session.get(address, timeout=_PATIENCE, stream=True) as answer:
            answer.raise_for_status()
            content = answer.raw.read(_LIMIT, decode_content=True)
    except requests.RequestException as error:
        said = error.response.reason if error.response is not None else type(error).__name__
        raise LabNotRunning(f"The address in {ATTACH} at {host} gave no text: {said}.", _REMEDY) from error
    return str(content, "utf-8", "replace")


def _with_files(given: Given, name: str, folder: Path | None) -> Given:
    def whole(path: str) -> str:
        here = Path(path).expanduser()
        if not here.is_absolute() and not folder:
            raise _refused(name, f"the path {path} in it does not begin with / or ~")
        here = (folder or here) / here
        if not here.is_file():
            raise _refused(name, f"there is no file {here}")
        return str(here)

    database = given.database
    if database:
        database = database.model_copy(update={"password_file": whole(database.password_file)})
    clients = dict(_client_settings(given.clients, name, whole))
    connect = given.connect_password_file and whole(given.connect_password_file)
    return given.model_copy(update={"database": database, "clients": clients, "connect_password_file": connect})


def _client_settings(settings: Mapping[str, Any], name: str, whole: Callable[[str], str]) -> dict[str, str]:
    """Return librdkafka's settings, with what is in a file read from it."""
    found = {}
    for key, value in settings.items():
        setting = key.removesuffix(FROM_FILE)
        if not re.fullmatch(_SECURITY, setting):
            raise _refused(name, f"clients.{key} is no setting of security")
        if key != setting:
            found[setting] = Path(whole(str(value))).read_text("utf-8").rstrip("\r\n")
        elif is_secret(key):
            raise _refused(
                name, f"a secret stands in it: write it into a file, and name that as clients.{key}{FROM_FILE}"
            )
        else:
            found[key] = whole(str(value)) if key.endswith(".location") else _word(value)
    return found


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
