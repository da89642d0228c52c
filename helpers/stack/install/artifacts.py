# SPDX-License-Identifier: Apache-2.0
"""What the lab downloads, and what it makes of that: the Java archives of Kafka, the connectors, MariaDB.

The cache may be moved or shared: it contains no absolute path, and complete files in it are only read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from helpers.errors import NO_ROOM, DownloadFailed, LabError
from helpers.stack.install.catalogue import Artifact, catalogue
from helpers.stack.install.database import Product
from helpers.stack.install.unpack import unpack_mariadb, unpack_plugin
from helpers.stack.progress import Reporter, Silent

_LOCK_TIMEOUT = 3600.0  # seconds: another lab may have a slow network
_ROOM = 1.25  # times the size of the downloads: for a while an archive and its unpacked files are both there


@dataclass(frozen=True)
class Prepared:
    """Where things are: the class path in a stable order, Connect's `plugin.path`, MariaDB's base folder or None."""

    kafka_jars: list[Path]
    plugin_paths: list[Path]
    mariadb_base: Path | None


@dataclass(frozen=True)
class PreparedRegistry:
    """Where the program of the schema registry is, and the jars of the converter that reads its schemas in a worker."""

    program: Path
    converter: list[Path]


@dataclass(frozen=True)
class _Unpacked:
    """A folder made from one archive. It holds that archive's SHA-256, which is written last: so the folder is complete."""

    artifact: Artifact
    folder: Path

    @property
    def stamp(self) -> Path:
        return self.folder / ".sha256"

    def is_there(self) -> bool:
        try:
            return self.stamp.read_text("ascii") == self.artifact.sha256
        except OSError:  # as in _has
            return False


def fetch(
    artifacts: Sequence[Artifact], cache: Path, report: Reporter | None = None, *, mirror: str | None = None
) -> list[Path]:
    """Download the missing files of `artifacts`, and return all of them, below `cache`/downloads, in the same order.

    They come from the Maven repository `mirror` (LAB_MAVEN_URL), or from the central one.
    Raises `DownloadFailed` if a download fails, `LabError` if the cache cannot be written or its disk is full.
    """
    if missing := _missing(artifacts, cache):
        with _writing(cache, missing):
            _fetch_missing(artifacts, cache, report or Silent(), mirror=mirror)
    return [_path(artifact, cache) for artifact in artifacts]


def prepare(
    cache: Path, report: Reporter | None = None, *, product: Product | None, mirror: str | None = None
) -> Prepared:
    """Make the parts of Kafka, the connectors and MariaDB that `cache` lacks, and return where all of them are.

    `product` is the product of this computer's own database server, if it has one: then MariaDB is not needed, and MySQL needs
    one more connector. Needs no network once everything is there. Raises what `fetch` raises, and `Unsupported` if there
    is no MariaDB.
    """
    jars = _ensure(catalogue().kafka, _folders(cache, product), cache, report or Silent(), mirror=mirror)
    base = None if product else _mariadb(cache).folder
    return Prepared(jars, plugin_paths(cache, product), base)


def prepare_registry(cache: Path, report: Reporter | None = None, *, mirror: str | None = None) -> PreparedRegistry:
    """Make the parts of the schema registry that `cache` lacks, and return where they are. Raises what `fetch` raises."""
    archive = catalogue().registry
    program = _Unpacked(archive, cache / f"registry-{archive.version}" / archive.name)
    jars = _ensure(catalogue().converter, [program], cache, report or Silent(), mirror=mirror)
    return PreparedRegistry(program.folder / "quarkus-run.jar", jars)


def kafka_jars(cache: Path, report: Reporter | None = None, *, mirror: str | None = None) -> list[Path]:
    """Download what is missing of Kafka, and return its class path for its tools. Raises what `fetch` raises."""
    return fetch(catalogue().kafka, cache, report, mirror=mirror)


def has_kafka(cache: Path) -> bool:
    """Return whether `cache` has all of Kafka."""
    return not _missing(catalogue().kafka, cache)


def plugin_paths(cache: Path, product: Product | None) -> list[Path]:
    """Return the folders of the downloaded connectors, which may not exist yet. Those for every lab come first."""
    return list(dict.fromkeys(plugin.folder.parent for plugin in _plugins(cache, product)))


def missing_bytes(cache: Path, *, product: Product | None) -> int:
    """Return how many bytes `prepare` would download."""
    return _size(_lacking(catalogue().kafka, _folders(cache, product), cache))


def _plugins(cache: Path, product: Product | None) -> list[_Unpacked]:
    sets = {"plugins": catalogue().plugins, "plugins-mysql": catalogue().mysql_plugins if product == "mysql" else ()}
    places = {name: cache / "-".join([name, *(plugin.version for plugin in plugins)]) for name, plugins in sets.items()}
    return [_Unpacked(plugin, places[name] / plugin.name) for name, plugins in sets.items() for plugin in plugins]


def _folders(cache: Path, product: Product | None) -> list[_Unpacked]:
    """Return what is unpacked: the connectors, and a MariaDB if this computer has no database server."""
    return [*_plugins(cache, product), *([] if product else [_mariadb(cache)])]


def _mariadb(cache: Path) -> _Unpacked:
    archive = catalogue().mariadb_here()
    return _Unpacked(archive, cache / f"mariadb-{archive.version}" / archive.name)


def _ensure(
    jars: Sequence[Artifact], folders: Sequence[_Unpacked], cache: Path, report: Reporter, *, mirror: str | None
) -> list[Path]:
    """Make those of `jars` and `folders` that `cache` lacks, and return the paths of all jars."""
    if lacking := _lacking(jars, folders, cache):
        with _writing(cache, lacking):
            _make(jars, folders, cache, report, mirror=mirror)
    return [_path(artifact, cache) for artifact in jars]


def _lacking(jars: Sequence[Artifact], folders: Sequence[_Unpacked], cache: Path) -> list[Artifact]:
    return [*_missing(jars, cache), *(folder.artifact for folder in folders if not folder.is_there())]


def _make(
    jars: Sequence[Artifact], folders: Sequence[_Unpacked], cache: Path, report: Reporter, *, mirror: str | None
) -> None:
    """Download and unpack what is missing. An archive is deleted once its folder is complete, so it is never downloaded twice."""
    lacking = [folder for folder in folders if not folder.is_there()]
    lacking.sort(key=lambda folder: folder.artifact.size, reverse=True)  # the archive that frees most space comes first
    _fetch_missing([*jars, *(folder.artifact for folder in lacking)], cache, report, mirror=mirror)
    if not lacking:
        return
    bar = report.bar("Unpacking", _size([folder.artifact for folder in lacking]))
    for folder in lacking:
        archive = _path(folder.artifact, cache)
        (unpack_mariadb if archive.suffix == ".jar" else unpack_plugin)(archive, folder.folder)
        folder.stamp.write_text(folder.artifact.sha256, "ascii")
        archive.unlink()
        bar.advance(folder.artifact.size)


def _path(artifact: Artifact, cache: Path) -> Path:
    return cache / "downloads" / artifact.filename


def _missing(artifacts: Sequence[Artifact], cache: Path) -> list[Artifact]:
    return [artifact for artifact in artifacts if not _has(artifact, cache)]


def _has(artifact: Artifact, cache: Path) -> bool:
    """Whether the file of `artifact` is there, with its size.

    A file gets its name only if its SHA-256 is right, so the name shows that it was checked. The size shows whether it
    was cut off later. Reading 300 MB again at each start would find little more.
    """
    try:
        return _path(artifact, cache).stat().st_size == artifact.size
    except OSError:  # it is made again, and that reports the problem
        return False


def _fetch_missing(artifacts: Sequence[Artifact], cache: Path, report: Reporter, *, mirror: str | None) -> None:
    missing = _missing(artifacts, cache)
    if not missing:
        return
    # Importing jgo and requests takes almost a second. A lab that has its files does not need them.
    from helpers.stack.install.download import File, download
    from helpers.stack.install.maven import addresses

    urls = addresses([artifact.coordinate for artifact in missing], mirror)
    files = [File(url, _path(one, cache), one.size, one.sha256) for one, url in zip(missing, urls, strict=True)]
    (cache / "downloads").mkdir(exist_ok=True)
    try:
        download(files, report.bar(f"Downloading {len(files)} files", _size(missing)).advance)
    except DownloadFailed as error:
        left = _missing(artifacts, cache)
        raise DownloadFailed(
            f"{error.problem} {len(left)} of {len(artifacts)} files ({_size(left) / 1e6:.0f} MB) are still missing.",
            f"{error.remedy} Then run this again: it continues from here.",
        ) from error


def _size(artifacts: Sequence[Artifact]) -> int:
    return sum(artifact.size for artifact in artifacts)


@contextmanager
def _writing(cache: Path, lacking: Sequence[Artifact]) -> Iterator[None]:
    """Keep other labs from writing what is `lacking` to `cache`, and turn errors of the disk into the lab's errors."""
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(cache / ".lock", timeout=_LOCK_TIMEOUT):
            yield
    except Timeout as error:
        raise DownloadFailed(
            f"Another lab has been writing to {cache} for {_LOCK_TIMEOUT / 60:.0f} minutes.", "Wait for it or stop it."
        ) from error
    except OSError as error:
        remedy = "Set LAB_CACHE to another folder, or"
        if error.errno in NO_ROOM:
            needed = f"the lab needs about {_ROOM * _size(lacking) / 1e6:.0f} MB there"
            raise LabError(f"{cache} has no room left; {needed}.", f"{remedy} free some space.") from error
        lacks = f"{_size(lacking) / 1e6:.0f} MB are missing there, such as {lacking[0].filename}"
        raise LabError(
            f"{cache} cannot be written: {error.strerror}; {lacks}.",
            f"{remedy} give yourself write permission. If it is another user's, ask them to run `./lab up` again.",
        ) from error
