# SPDX-License-Identifier: Apache-2.0
"""The lab's downloads: whatever the network and the disk do, a file is right or not there."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import signal
import sys
import tarfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from jgo.maven import MavenContext

from helpers import processes
from helpers.errors import DownloadFailed, InvalidInput, LabError, Unsupported
from helpers.settings import settings
from helpers.stack.install import artifacts, download
from helpers.stack.install.catalogue import Artifact, Catalogue, catalogue
from helpers.stack.install.database import Product
from helpers.stack.install.maven import maven_artifact
from helpers.stack.progress import Reporter
from helpers.waiting import wait_until
from tests.unit.stack.install.repository import Bar, Repository, made_up_jar, made_up_plugin


def fetch(wanted: Sequence[Artifact], cache: Path, report: Reporter | None = None) -> list[Path]:
    """Fetch from the repository that the environment names."""
    return artifacts.fetch(wanted, cache, report, mirror=settings().maven_url)


def prepare(cache: Path, report: Reporter | None = None, *, product: Product | None) -> artifacts.Prepared:
    return artifacts.prepare(cache, report, product=product, mirror=settings().maven_url)


JAR = os.urandom(4 << 16)  # half of it is a whole number of the chunks that are written


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    with Repository() as server:
        monkeypatch.setenv("LAB_MAVEN_URL", server.url)
        monkeypatch.setattr(download, "PAUSES", (0.01, 0.01))
        yield server


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def jar(repository: Repository) -> Artifact:
    return repository.add("org.example:some:1.0", JAR)


def names(cache: Path) -> set[str]:
    return {path.name for path in (cache / "downloads").iterdir()}


def test_fetches_in_the_order_given_and_counts_every_byte(repository: Repository, jar: Artifact, cache: Path) -> None:
    bar = Bar()
    plugin = repository.add("org.example.deep:other:2.0:tar.gz:plugin", b"small")
    paths = fetch([plugin, jar], cache, bar)
    assert [path.name for path in paths] == ["other-2.0-plugin.tar.gz", "some-1.0.jar"]
    assert [path.read_bytes() for path in paths] == [b"small", JAR]
    assert bar.total == bar.done == len(JAR) + 5


def test_what_is_there_is_not_asked_for_again(repository: Repository, jar: Artifact, cache: Path) -> None:
    assert fetch([jar], cache) == fetch([jar], cache)
    assert len(repository.requests) == 1


def test_a_file_cut_short_since_is_fetched_again(repository: Repository, jar: Artifact, cache: Path) -> None:
    [path] = fetch([jar], cache)
    path.write_bytes(JAR[:-1])
    assert fetch([jar], cache)[0].read_bytes() == JAR


def test_goes_on_where_a_transfer_broke(repository: Repository, jar: Artifact, cache: Path) -> None:
    bar = Bar()
    repository.faults = ["cut"]
    assert fetch([jar], cache, bar)[0].read_bytes() == JAR
    assert [request.headers.get("range") for request in repository.requests] == [None, f"bytes={len(JAR) // 2}-"]
    assert repository.sent == bar.done == len(JAR)


def test_the_next_run_counts_what_the_last_one_left(repository: Repository, jar: Artifact, cache: Path) -> None:
    repository.faults = ["cut", 404]
    with pytest.raises(DownloadFailed):
        fetch([jar], cache)
    bar = Bar()
    fetch([jar], cache, bar)
    assert repository.requests[-1].headers["range"] == f"bytes={len(JAR) // 2}-"
    assert bar.total == bar.done == len(JAR), "the bar reaches its end"


def test_starts_over_where_the_server_has_no_ranges(repository: Repository, jar: Artifact, cache: Path) -> None:
    bar = Bar()
    repository.faults = ["cut", "whole"]
    assert fetch([jar], cache, bar)[0].read_bytes() == JAR
    assert len(repository.requests) == 2 and bar.done == len(JAR)


def test_a_part_of_another_file_does_no_harm(jar: Artifact, cache: Path) -> None:
    (cache / "downloads").mkdir(parents=True)
    (cache / "downloads" / "some-1.0.jar.part").write_bytes(b"something else")
    assert fetch([jar], cache)[0].read_bytes() == JAR


def test_a_busy_server_is_asked_again(repository: Repository, jar: Artifact, cache: Path) -> None:
    repository.faults = [503, 503]
    assert fetch([jar], cache)[0].read_bytes() == JAR


def test_a_file_that_is_not_there_is_asked_for_once(repository: Repository, cache: Path) -> None:
    with pytest.raises(DownloadFailed, match=r"gone-1\.jar could not be downloaded .* 404 .* 1 of 1 files .* missing"):
        fetch([Artifact("org.example:gone:1", "0" * 64, 9)], cache)
    assert len(repository.requests) == 1


def test_wrong_bytes_are_fetched_once_more(repository: Repository, jar: Artifact, cache: Path) -> None:
    repository.faults = ["wrong"]
    bar = Bar()
    assert fetch([jar], cache, bar)[0].read_bytes() == JAR
    assert bar.done == len(JAR)


def test_wrong_bytes_twice_name_both_digests(repository: Repository, jar: Artifact, cache: Path) -> None:
    repository.faults = ["wrong", "wrong"]
    with pytest.raises(DownloadFailed) as failure:
        fetch([jar], cache)
    assert jar.sha256 in str(failure.value) and hashlib.sha256(JAR[::-1]).hexdigest() in str(failure.value)
    assert names(cache) == set()


def test_without_a_network_one_sentence_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, repository: Repository, jar: Artifact, cache: Path
) -> None:
    with Repository() as closed:
        monkeypatch.setenv("LAB_MAVEN_URL", closed.url)
    with pytest.raises(DownloadFailed, match=r"Connection refused\. 1 of 1 files \(0 MB\) are still missing"):
        fetch([jar], cache)


def test_an_address_that_is_none_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch, jar: Artifact, cache: Path
) -> None:
    monkeypatch.setenv("LAB_MAVEN_URL", "ftp://kim:geheim@example.org")
    with pytest.raises(InvalidInput, match="LAB_MAVEN_URL is not an http or https address") as caught:
        fetch([jar], cache)
    assert "geheim" not in str(caught.value)
    monkeypatch.setenv("LAB_MAVEN_URL", "http://user:secret@127.0.0.1:http")
    with pytest.raises(DownloadFailed, match=r"from 127.* its address is not valid") as failure:
        fetch([jar], cache)
    assert "secret" not in str(failure.value)


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_leaves_a_part_to_go_on_with(repository: Repository, jar: Artifact, cache: Path) -> None:
    repository.faults = ["stall"]
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a background job ignores it
        "from pathlib import Path; from helpers.settings import settings\n"
        "from helpers.stack.install.artifacts import *; from helpers.stack.install.catalogue import *\n"
        f"fetch([{jar!r}], Path({str(cache)!r}), mirror=settings().maven_url)"
    )
    with processes.start([sys.executable, "-c", code], errors=processes.PIPE) as child:
        part = cache / "downloads" / "some-1.0.jar.part"
        wait_until(lambda: part.exists() and part.stat().st_size, 30, "some bytes to arrive")
        child.send_signal(signal.SIGINT)
        repository.go_on.set()
        assert "KeyboardInterrupt" in child.communicate(timeout=30)[1]
    assert names(cache) == {"some-1.0.jar.part"}
    assert fetch([jar], cache)[0].read_bytes() == JAR


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_a_full_disk_is_named(jar: Artifact, cache: Path) -> None:
    (cache / "downloads").mkdir(parents=True)
    (cache / "downloads" / "some-1.0.jar.part").symlink_to("/dev/full")
    with pytest.raises(LabError, match=r"cache has no room left; the lab needs about 0 MB there\. Set LAB_CACHE"):
        fetch([jar], cache)


def test_a_cache_that_cannot_be_made_is_named(jar: Artifact, cache: Path) -> None:
    cache.write_text("a file")
    said = r"cache cannot be written: .*; 0 MB are missing there, such as some-1\.0\.jar\. Set LAB_CACHE"
    with pytest.raises(LabError, match=said):
        fetch([jar], cache)


def test_a_complete_cache_is_not_written(small: Catalogue, cache: Path) -> None:
    """A teacher's, shared by many: a lock or a probe in it would be refused."""
    prepare(cache, product=None)
    before = {path: path.stat().st_mtime_ns for path in (cache, *cache.rglob("*"))}
    prepare(cache, product=None)
    assert {path: path.stat().st_mtime_ns for path in (cache, *cache.rglob("*"))} == before


def test_two_labs_fill_one_cache_once(repository: Repository, jar: Artifact, cache: Path) -> None:
    with ThreadPoolExecutor() as labs:
        [first, second] = labs.map(lambda _: fetch([jar], cache), range(2))
    assert first == second and first[0].read_bytes() == JAR
    assert len(repository.requests) == 1


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, repository: Repository, jar: Artifact) -> Catalogue:
    """What `prepare` takes for pinned: one jar, one plugin, one more for MySQL, a MariaDB for this computer, a registry."""
    plugin = repository.add("org.example:plug:1.0:tar.gz:plugin", made_up_plugin(tarfile.TarInfo("plug/some.jar")))
    other = repository.add("org.example:plug-my:2.0:tar.gz:plugin", made_up_plugin(tarfile.TarInfo("plug/my.jar")))
    mariadb = repository.add("org.example:db:11.4", made_up_jar())
    here = f"{platform.system()}-{platform.machine()}".lower()
    registry = repository.add("org.example:reg:3.0:tar.gz:all", made_up_plugin(tarfile.TarInfo("quarkus-run.jar")))
    converter = repository.add("org.example:converter:2.6", b"converter")
    pinned = Catalogue((jar,), (plugin,), (other,), {here: mariadb}, registry, (converter,))
    monkeypatch.setattr(artifacts, "catalogue", lambda: pinned)
    return pinned


def jars(prepared: artifacts.Prepared) -> list[str]:
    """The names of the plugins' jars, in the order of the plugin path."""
    return [jar.name for path in prepared.plugin_paths for jar in path.rglob("*.jar")]


def test_prepare_unpacks_and_keeps_no_archive(small: Catalogue, cache: Path) -> None:
    prepared = prepare(cache, product=None)
    assert prepared.kafka_jars == [cache / "downloads" / "some-1.0.jar"]
    assert jars(prepared) == ["some.jar"]
    assert prepared.mariadb_base and (prepared.mariadb_base / "bin" / "mariadbd").exists()
    assert names(cache) == {"some-1.0.jar"}


def test_prepare_leaves_mariadb_out_where_it_is_not_wanted(small: Catalogue, cache: Path) -> None:
    assert prepare(cache, product="mariadb").mariadb_base is None
    assert not list(cache.rglob("mariadbd"))


def test_prepare_brings_one_connector_more_for_mysql(small: Catalogue, cache: Path) -> None:
    assert prepare(cache, product="mysql").mariadb_base is None
    assert jars(prepare(cache, product="mysql")) == ["some.jar", "my.jar"]
    assert jars(prepare(cache, product="mariadb")) == ["some.jar"]


def test_prepare_works_offline_the_second_time_and_from_another_place(
    repository: Repository, small: Catalogue, cache: Path
) -> None:
    prepare(cache, product=None)
    asked = len(repository.requests)
    moved = cache.rename(cache.with_name("moved"))
    prepared = prepare(moved, product=None)
    assert prepared.kafka_jars[0].read_bytes() == JAR and prepared.plugin_paths[0].is_relative_to(moved)
    assert len(repository.requests) == asked and not cache.exists()


def test_prepare_mends_what_was_deleted(small: Catalogue, cache: Path) -> None:
    first = prepare(cache, product=None)
    shutil.rmtree(first.plugin_paths[0])
    first.kafka_jars[0].unlink()
    assert prepare(cache, product=None) == first
    assert first.kafka_jars[0].exists() and jars(first) == ["some.jar"]


def test_prepare_unpacks_another_archive_in_place_of_the_old(
    monkeypatch: pytest.MonkeyPatch, repository: Repository, small: Catalogue, cache: Path
) -> None:
    old = prepare(cache, product="mariadb")
    other = made_up_plugin(tarfile.TarInfo("plug/other.jar"))
    changed = replace(small, plugins=(repository.add(small.plugins[0].coordinate, other),))
    monkeypatch.setattr(artifacts, "catalogue", lambda: changed)
    assert prepare(cache, product="mariadb") == old
    assert jars(old) == ["other.jar"]


def test_the_registry_comes_only_when_it_is_asked_for_and_once(
    repository: Repository, small: Catalogue, cache: Path
) -> None:
    prepare(cache, product=None)
    assert not list(cache.glob("registry*")) and "converter-2.6.jar" not in names(cache)
    found = artifacts.prepare_registry(cache, mirror=settings().maven_url)
    assert found.program == cache / "registry-3.0" / "reg" / "quarkus-run.jar" and found.program.exists()
    assert [jar.read_bytes() for jar in found.converter] == [b"converter"]
    assert names(cache) == {"some-1.0.jar", "converter-2.6.jar"}, "the archive is gone"
    asked = len(repository.requests)
    assert artifacts.prepare_registry(cache, mirror=settings().maven_url) == found
    assert len(repository.requests) == asked


def test_a_platform_without_mariadb_is_told_what_works_there() -> None:
    with pytest.raises(Unsupported, match=r"brew install.*conda.*LAB_DATABASE_SERVER"):
        replace(catalogue(), mariadb={}).mariadb_here()


def test_every_pin_is_whole_and_has_a_name_of_its_own() -> None:
    every = catalogue()
    pinned = [*every.kafka, *every.plugins, *every.mysql_plugins, *every.mariadb.values()]
    pinned += [every.registry, *every.converter]
    assert all(len(bytes.fromhex(artifact.sha256)) == 32 and artifact.size > 0 for artifact in pinned)
    assert len({artifact.filename for artifact in pinned}) == len(pinned)
    context = MavenContext()
    assert all(maven_artifact(one.coordinate, context).filename == one.filename for one in pinned)
