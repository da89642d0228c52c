# SPDX-License-Identifier: Apache-2.0
"""Which classes a plugin brings, by its manifests alone."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from helpers.errors import InvalidInput
from helpers.stack import plugins
from helpers.stack.install import unpack
from helpers.stack.servers.java import Java

SERVICES = "META-INF/services/org.apache.kafka.connect."


def jar(path: Path, manifests: dict[str, str]) -> None:
    """Write a jar with these manifests, each by the last part of its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("org/example/Some.class", b"")
        for name, text in manifests.items():
            archive.writestr(SERVICES + name, text)


def test_converters_and_transforms_count_and_connectors_come_first(tmp_path: Path) -> None:
    converters = {"storage.Converter": "# ours\norg.example.Both\n", "storage.HeaderConverter": "org.example.Both\n"}
    jar(tmp_path / "mine" / "a.jar", {**converters, "transforms.Transformation": "org.example.Cut"})
    jar(tmp_path / "mine" / "lib" / "b.jar", {"sink.SinkConnector": "org.example.Sink  # the only one"})
    jar(tmp_path / "mine" / "c.jar", {})
    manifest = tmp_path / "mine" / "classes" / f"{SERVICES}transforms.predicates.Predicate"
    manifest.parent.mkdir(parents=True)
    manifest.write_text("org.example.When\n")
    [plugin] = plugins.installed(tmp_path)
    assert list(plugin.classes.items()) == [
        ("org.example.Sink", "sink"),
        ("org.example.Both", "converter"),
        ("org.example.Cut", "transform"),
        ("org.example.When", "predicate"),
    ]


def test_a_jar_without_manifests_brings_nothing(tmp_path: Path) -> None:
    jar(tmp_path / "mine" / "a.jar", {})
    [plugin] = plugins.installed(tmp_path)
    assert (plugin.name, plugin.classes) == ("mine", {})


def no_java() -> Java:
    """A bad archive is refused before a Java is asked for."""
    raise AssertionError("Java was asked for")


def refused(source: Path, home: Path) -> str:
    """Return why `source` is refused, and check that nothing of it is left."""
    with pytest.raises(InvalidInput) as caught:
        plugins.add(str(source), home / "plugins", no_java)
    assert [path.name for path in home.rglob("*")] == ["plugins"]
    return str(caught.value)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.mark.parametrize("name", [".hidden.zip", "-x.zip", ".zip", "a:b.zip"])
def test_a_name_that_could_not_be_listed_or_removed_is_refused(tmp_path: Path, home: Path, name: str) -> None:
    jar(tmp_path / name, {"sink.SinkConnector": "org.example.Sink"})
    assert "cannot have the name" in refused(tmp_path / name, home)


def test_an_address_that_ends_in_a_parent_folder_is_no_name(home: Path) -> None:
    assert "cannot have the name '..'" in refused(Path("/.."), home)


def test_a_sparse_archive_is_refused(tmp_path: Path, home: Path) -> None:
    """Ninety bytes that unpack to gigabytes of nothing."""
    path = tmp_path / "sparse.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo("lib/hole.jar")
        member.type = tarfile.GNUTYPE_SPARSE
        archive.addfile(member, io.BytesIO())
    assert "lib/hole.jar, which is not a file" in refused(path, home)


@pytest.mark.parametrize("name", ["large.tar.gz", "large.zip"])
def test_an_archive_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(unpack, "MOST", 1_000_000)
    path, zeros = tmp_path / name, bytes(600_000)
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("a.jar", zeros)
            packed.writestr("b.jar", zeros)
    else:
        with tarfile.open(path, "w:gz") as archive:
            for member in (tarfile.TarInfo("a.jar"), tarfile.TarInfo("b.jar")):
                member.size = len(zeros)
                archive.addfile(member, io.BytesIO(zeros))
    assert "unpacks to more than 1 MB" in refused(path, home)


def test_an_encrypted_or_damaged_archive_is_refused(tmp_path: Path, home: Path) -> None:
    path = tmp_path / "locked.zip"
    jar(path, {"sink.SinkConnector": "org.example.Sink"})
    content = bytearray(path.read_bytes())
    for header in (b"PK\x03\x04", b"PK\x01\x02"):
        content[content.index(header) + (6 if header == b"PK\x03\x04" else 8)] |= 1  # the flag "encrypted"
    path.write_bytes(content)
    assert "encrypted" in refused(path, home)
    (tmp_path / "text.jar").write_text("no archive")
    assert "text.jar" in refused(tmp_path / "text.jar", home)


def test_a_jar_that_is_none_and_a_manifest_that_is_no_text_are_refused(tmp_path: Path, home: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "a.jar").write_text("no archive")
    assert "cannot be read" in refused(folder, home)
    with zipfile.ZipFile(folder / "a.jar", "w") as archive:
        archive.writestr(f"{SERVICES}sink.SinkConnector", b"\xff\xfe")
    assert "a.jar cannot be read" in refused(folder, home)
    (folder / "a.jar").unlink()
    loose = folder / f"{SERVICES}sink.SinkConnector"
    loose.parent.mkdir(parents=True)
    loose.write_bytes(b"\xff\xfe")
    assert "cannot be read" in refused(folder, home)


@pytest.mark.parametrize("name", ["many.tar.gz", "many.zip", "many"])
def test_too_many_files_are_refused(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(unpack, "MOST_FILES", 3)
    path, content = tmp_path / name, tmp_path / "content"
    content.mkdir()
    for number in range(4):
        (content / f"{number}.jar").touch()
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as packed:
            for file in content.iterdir():
                packed.write(file, file.name)
    elif path.suffix:
        with tarfile.open(path, "w:gz") as archive:
            archive.add(content, "content")
    else:
        content.rename(path)
    assert "holds more than 3 files" in refused(path, home)


def test_a_manifest_that_fills_the_memory_is_refused(tmp_path: Path, home: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.jar", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{SERVICES}sink.SinkConnector", bytes(1_000_001))
    assert "a.jar cannot be read: its list of classes sink.SinkConnector is too long" in refused(
        tmp_path / "a.jar", home
    )


@pytest.mark.parametrize(("flag", "value", "said"), [(8, 1, "encrypted"), (10, 97, "compression method")])
def test_a_jar_that_is_encrypted_or_packed_strangely_is_refused(
    tmp_path: Path, home: Path, flag: int, value: int, said: str
) -> None:
    path = tmp_path / "a.jar"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{SERVICES}sink.SinkConnector", "org.example.Sink")
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + flag] = content[6 if flag == 8 else 8] = value
    path.write_bytes(content)
    assert said in refused(path, home)


def test_a_folder_with_the_name_of_a_jar_is_no_jar(tmp_path: Path, home: Path) -> None:
    (tmp_path / "mine" / "a.jar").mkdir(parents=True)
    assert "a.jar cannot be read" in refused(tmp_path / "mine", home)


@pytest.mark.skipif(os.name == "nt", reason="Windows allows links to administrators only, and has no pipes")
@pytest.mark.parametrize("what", ["out", "loop", "broken", "folder outside", "pipe"])
def test_what_is_no_file_of_the_folder_is_refused(tmp_path: Path, home: Path, what: str) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (tmp_path / "private").write_text("secret")
    targets = {"out": tmp_path / "private", "loop": folder, "broken": tmp_path / "no", "folder outside": tmp_path}
    if what == "pipe":
        os.mkfifo(folder / "strange")
    else:
        (folder / "strange").symlink_to(targets[what])
    assert "mine contains strange, which is not a file inside" in refused(folder, home)


@pytest.mark.skipif(os.name == "nt", reason="Windows allows links to administrators only")
def test_a_link_to_a_file_of_the_folder_is_that_file(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    jar(folder / "a-1.jar", {"sink.SinkConnector": "org.example.Sink"})
    (folder / "a.jar").symlink_to("a-1.jar")
    plugins._unpack(folder, tmp_path / "there")
    assert {path.name: path.is_symlink() for path in (tmp_path / "there").iterdir()} == {
        "a-1.jar": False,
        "a.jar": False,
    }


def test_what_a_kill_has_left_is_cleared(tmp_path: Path, home: Path) -> None:
    for place in (home, home / "plugins"):
        (place / ".adding-x1").mkdir(parents=True)
    (tmp_path / "text.jar").write_text("no archive")
    refused(tmp_path / "text.jar", home)
