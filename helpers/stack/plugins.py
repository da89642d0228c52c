# SPDX-License-Identifier: Apache-2.0
"""Connect plugins that the user adds to a lab. Each is a folder below `<home>/plugins`."""

from __future__ import annotations

import re
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests

from helpers import processes
from helpers.errors import DownloadFailed, InvalidInput, LabError
from helpers.stack.install import web
from helpers.stack.install.download import reason
from helpers.stack.install.unpack import Room, unpack_tar
from helpers.stack.servers.java import Java

_SERVICES = "META-INF/services/org.apache.kafka.connect."
_KINDS = {
    "source.SourceConnector": "source",
    "sink.SinkConnector": "sink",
    "storage.Converter": "converter",
    "storage.HeaderConverter": "header converter",
    "transforms.Transformation": "transform",
    "transforms.predicates.Predicate": "predicate",
}
"""What a configuration of a connector can name, by the manifest that lists its classes."""
_MOST_OF_A_MANIFEST = 1_000_000
"""Bytes of one list of classes. A few thousand packed bytes could unpack to gigabytes in memory."""
_DAMAGED = (zipfile.BadZipFile, RuntimeError, zlib.error, EOFError)
"""What zipfile raises for a damaged archive. RuntimeError: it is encrypted, or packed in an unusual way."""
_ADDING = ".adding-"
_AGAIN = "Download the plugin again from its publisher."
_REMEDY = "Give a plugin's .zip, .tar.gz or .jar, the folder it unpacks to, or a web address of one."


@dataclass(frozen=True)
class Plugin:
    """One folder of the worker's plugin path, and the classes that its manifests name."""

    name: str
    folder: Path
    classes: dict[str, str]
    """Each connector, converter and transform by its class, with what it is: connectors come first."""


def installed(plugin_path: Path) -> list[Plugin]:
    """Return the plugins below `plugin_path`, sorted by name."""
    if not plugin_path.exists():
        return []
    folders = sorted(path for path in plugin_path.iterdir() if path.is_dir() and not path.name.startswith("."))
    return [Plugin(folder.name, folder, _classes(folder)) for folder in folders]


def add(source: str, plugin_path: Path, java: Callable[[], Java]) -> Plugin:
    """Put the plugin `source` (an archive, a folder or an address) below `plugin_path` and return it.

    If an older plugin lacks manifests, Kafka's own tool writes them, because the worker reads only these. `java` is called
    for the runtime only after that: so a bad `source` is reported before anything is installed.
    Raises `InvalidInput` if `source` has no class that a worker can use, `DownloadFailed` for an address that does not
    answer, `LabError` for a name that is already used. After an error nothing is left, and what a kill left goes at the next time.
    """
    plugin_path.mkdir(parents=True, exist_ok=True)
    _clear(plugin_path)
    # Kafka's tool cannot write below a folder with a blank or a Korean letter in its path, which the lab's home may have.
    # The second folder is not in `plugin_path`, because the worker loads all that is there.
    with (
        tempfile.TemporaryDirectory() as elsewhere,
        tempfile.TemporaryDirectory(prefix=_ADDING, dir=plugin_path.parent) as near,
    ):
        draft = Path(elsewhere)
        is_address = urlsplit(source).scheme in ("http", "https")
        archive = _download(source, draft) if is_address else Path(source).expanduser()
        name = _name(archive)
        target = plugin_path / name
        if target.exists():
            raise LabError(f"A plugin {name} already exists.", f"Remove it first: `./lab plugins remove {name}`.")
        content = draft / "content"
        _unpack(archive, content)
        _classes(content)  # an archive that cannot be read is refused before Java is asked for
        _write_manifests(content, java())
        if not _classes(content):
            problem = f"{name if is_address else source} contains no connector, converter or transform."
            raise InvalidInput(problem, _REMEDY)
        Path(shutil.copytree(content, Path(near) / name)).rename(target)
    return Plugin(name, target, _classes(target))


def added(name: str, plugin_path: Path) -> Plugin:
    """Return the plugin `name`. Raises `InvalidInput`, with the existing names, if there is none of that name."""
    known = {plugin.name: plugin for plugin in installed(plugin_path)}
    if name not in known:
        raise InvalidInput(f"No plugin {name} was added.", f"Added are: {', '.join(known) or 'none'}.")
    return known[name]


def _name(archive: Path) -> str:
    """Return the name of the plugin in `archive`. Raises `InvalidInput` for one that could not be listed or removed."""
    name = re.sub(r"(\.tar\.gz|\.tgz|\.zip|\.jar)$", "", archive.name)
    if not re.fullmatch(r"\w[\w.+ -]*", name):
        problem = f"A plugin cannot have the name {name!r}."
        raise InvalidInput(problem, "Rename the file: a letter or a digit first, then letters, digits and . _ + -.")
    return name


def _clear(plugin_path: Path) -> None:
    """Delete what a kill has left of an earlier `add`. Releases up to 0.1 left it in the plugin path itself."""
    for place in (plugin_path, plugin_path.parent):
        for left in place.glob(f"{_ADDING}*"):
            shutil.rmtree(left)


def _classes(folder: Path) -> dict[str, str]:
    """Return each class that the manifests in `folder` name, with what it is. Raises `InvalidInput` for a damaged file."""
    found: dict[str, set[str]] = {manifest: set() for manifest in _KINDS}
    for jar in folder.rglob("*.jar"):
        for manifest, content in _manifests(jar).items():
            found[manifest] |= _lines(content, jar)
    for manifest, names in found.items():
        for path in folder.rglob(f"{_SERVICES}{manifest}"):
            names |= _lines(path.read_bytes(), path)
    classes: dict[str, str] = {}
    for manifest, names in found.items():
        for name in sorted(names):
            classes.setdefault(name, _KINDS[manifest])  # a converter may be one for headers too
    return classes


def _manifests(jar: Path) -> dict[str, bytes]:
    """Return the content of each manifest of `_KINDS` that is in `jar`."""
    try:
        with zipfile.ZipFile(jar) as archive:
            there = _KINDS.keys() & {name.removeprefix(_SERVICES) for name in archive.namelist()}
            return {manifest: _manifest(archive, manifest) for manifest in there}
    except (OSError, *_DAMAGED) as error:
        raise InvalidInput(f"{jar.name} cannot be read: {error}.", _AGAIN) from error


def _manifest(jar: zipfile.ZipFile, manifest: str) -> bytes:
    with jar.open(f"{_SERVICES}{manifest}") as file:
        content = file.read(_MOST_OF_A_MANIFEST + 1)
    if len(content) > _MOST_OF_A_MANIFEST:
        raise zipfile.BadZipFile(f"its list of classes {manifest} is too long")
    return content


def _lines(manifest: bytes, place: Path) -> set[str]:
    """Return the names in a manifest that is, or is in, the file `place`."""
    try:
        lines = manifest.decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{place.name} cannot be read: {error}.", _AGAIN) from error
    return {name for name in (line.split("#")[0].strip() for line in lines) if name}


def _download(address: str, folder: Path) -> Path:
    target = folder / (Path(urlsplit(address).path).name or "plugin.zip")
    try:
        with (
            web.session() as session,
            session.get(address, stream=True, timeout=30) as answer,
            target.open("wb") as file,
        ):
            answer.raise_for_status()
            room = Room(target, folder)
            for block in answer.iter_content(1 << 20):
                room.take(len(block))
                file.write(block)
    except requests.RequestException as error:
        raise DownloadFailed(  # without the full address: it may hold a password
            f"{target.name} could not be downloaded from {urlsplit(address).hostname}: {reason(error)}.",
            "Check the address, or download the file yourself and give that.",
        ) from error
    return target


def _unpack(archive: Path, target: Path) -> None:
    try:
        if archive.is_dir():
            _check_folder(archive, Room(archive, target))
            shutil.copytree(archive, target)
        elif zipfile.is_zipfile(archive) and archive.suffix != ".jar":
            room = Room(archive, target)
            with zipfile.ZipFile(archive) as content:
                for entry in content.infolist():
                    room.take_file(entry.file_size)
                content.extractall(target)
        elif archive.suffix == ".jar" and zipfile.is_zipfile(archive):
            target.mkdir()
            shutil.copy(archive, target)
        else:
            unpack_tar(archive, target)
    except (OSError, tarfile.TarError, *_DAMAGED) as error:
        raise InvalidInput(f"{archive} cannot be read as a plugin: {error}.", _REMEDY) from error


def _check_folder(folder: Path, room: Room) -> None:
    """Check that `folder` has only files and folders of its own. A link may lead to one of its files, and nowhere else.

    Raises `InvalidInput` for anything else, and when it is too much.
    """
    inside = folder.resolve()
    for path in folder.rglob("*"):
        own = path.is_file() and path.resolve().is_relative_to(inside) if path.is_symlink() else True
        if not (own and (path.is_file() or path.is_dir())):
            problem = f"{folder} contains {path.relative_to(folder)}, which is not a file inside the folder."
            raise InvalidInput(problem, "Remove it, or give the plugin as an archive.")
        room.take_file(path.stat().st_size)


def _write_manifests(folder: Path, java: Java) -> None:
    """Let Kafka's own `connect-plugin-path sync-manifests` write the manifests that are missing.

    It searches the folders inside a plugin path, so each folder that contains jars is given as its own location.
    """
    for place in sorted({jar.parent for jar in folder.rglob("*.jar")}):
        command = java.tool("org.apache.kafka.tools.ConnectPluginPath", "sync-manifests", "--plugin-location", place)
        done = processes.run(command, timeout=120)
        if done.returncode:
            raise InvalidInput(
                f"The jars in {place.name} cannot be read as a plugin: {(done.stderr or done.stdout).strip()}.",
                _REMEDY,
            )
