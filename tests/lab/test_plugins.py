# SPDX-License-Identifier: Apache-2.0
"""The user's own connector: added from a file, a folder or an address, and refused if it is not a connector."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from tests.fake_server import Answer, FakeServer, in_turn
from tests.resources import OwnLab, cache_folder

CONNECTOR = "org.apache.kafka.connect.file.FileStreamSourceConnector"


@pytest.fixture
def jar(tmp_path: Path) -> Path:
    """A real connector, as old ones come: without the manifests that the worker looks for."""
    return without_manifests("connect-file", tmp_path / "old-connector.jar")


def without_manifests(name: str, old: Path) -> Path:
    """Write one of Kafka's jars to `old`, without its manifests, and return that."""
    [packed] = (cache_folder() / "downloads").glob(f"{name}-*.jar")
    with zipfile.ZipFile(packed) as source, zipfile.ZipFile(old, "w") as target:
        for entry in source.infolist():
            if "META-INF/services" not in entry.filename:
                target.writestr(entry, source.read(entry))
    return old


def _loaded(own: OwnLab) -> str:
    """Return what the worker wrote since its last start on the places that it loads plugins from."""
    log = (own.home / "logs" / "connect.log").read_text(errors="replace")
    start = log.rpartition("Kafka Connect worker initializing")[2]
    return "\n".join(line for line in start.splitlines() if "Registered loader" in line)


def test_a_plugin_is_added_offered_kept_and_removed(own_lab: OwnLab, jar: Path, tmp_path: Path) -> None:
    folder = tmp_path / "my-connector" / "lib"
    folder.mkdir(parents=True)
    shutil.copy(jar, folder)
    before = own_lab.pids()
    done = own_lab.run("plugins", "add", str(folder.parent))
    assert done.returncode == 0, done.stderr
    assert "Added my-connector: " in done.stderr and CONNECTOR in done.stderr
    after = own_lab.pids()
    assert after["connect"] != before["connect"], "the worker was restarted, because it reads its plugins only once"
    assert after["kafka"] == before["kafka"]
    assert "my-connector" in own_lab.run("plugins", "list").stdout
    own_lab.run("down")
    own_lab.up()
    assert "my-connector" in _loaded(own_lab), "the worker read the folder when it started"
    assert own_lab.run("plugins", "add", str(folder.parent)).returncode == 1, "the name is taken"
    assert own_lab.run("plugins", "remove", "my-connector").returncode == 0
    assert "my-connector" not in own_lab.run("plugins", "list").stdout


@pytest.mark.parametrize("form", ["jar", "zip", "tar.gz", "address"])
def test_every_form_of_archive(tmp_path: Path, jar: Path, form: str) -> None:
    own = OwnLab(tmp_path / "home", cache_folder())
    source = str(jar)
    if form in ("zip", "tar.gz"):
        (tmp_path / "content").mkdir()
        shutil.copy(jar, tmp_path / "content")
        source = shutil.make_archive(
            str(tmp_path / "packed"), "gztar" if form == "tar.gz" else form, tmp_path / "content"
        )
    if form == "address":
        with FakeServer(in_turn(Answer(body=jar.read_bytes()))) as server:
            done = own.run("plugins", "add", f"{server.url}{jar.name}")
    else:
        done = own.run("plugins", "add", source)
    assert done.returncode == 0, done.stderr
    assert CONNECTOR in own.run("plugins", "list").stdout


def test_converters_and_transforms_are_plugins_too(tmp_path: Path) -> None:
    """In a home with a blank and Korean letters, where Kafka's own tool cannot write manifests."""
    own = OwnLab(tmp_path / "lab home 실습", cache_folder())
    (tmp_path / "parts").mkdir()
    for name in ("connect-json", "connect-transforms"):
        without_manifests(name, tmp_path / "parts" / f"{name}.jar")
    done = own.run("plugins", "add", str(tmp_path / "parts"))
    assert done.returncode == 0, done.stderr
    _, _, added = own.run("plugins", "list").stdout.partition("\nparts\n")
    shown = dict(line.rsplit(None, 1)[::-1] for line in added.splitlines())
    assert shown["org.apache.kafka.connect.json.JsonConverter"].strip() == "converter"
    assert shown["org.apache.kafka.connect.transforms.RegexRouter"].strip() == "transform"


@pytest.mark.parametrize("what", ["a jar without a connector", "a damaged archive", "a text"])
def test_what_is_no_connector_is_refused_and_leaves_nothing(tmp_path: Path, what: str) -> None:
    own = OwnLab(tmp_path / "home", cache_folder())
    source = tmp_path / "thing.jar"
    if what == "a jar without a connector":
        [other] = (cache_folder() / "downloads").glob("re2j-*.jar")
        shutil.copy(other, source)
    else:
        source = tmp_path / "thing.tar.gz"
        source.write_bytes(b"\x1f\x8b damaged" if what == "a damaged archive" else b"hello")
    done = own.run("plugins", "add", str(source))
    assert done.returncode == 2
    assert str(source) in done.stderr and "Traceback" not in done.stderr
    assert list((tmp_path / "home" / "plugins").iterdir()) == []
