# SPDX-License-Identifier: Apache-2.0
"""Programs from Debian's packages, with all that they depend on, unpacked into a folder. Nothing is installed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from helpers import processes

SUITE = "trixie"
"""The first Debian whose Docker is new enough for docker-compose.yml."""
PROGRAMS = ("apt-get", "dpkg-deb")
_KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_TIMEOUT = 300.0
_USERS = {"root": 0, "mysql": 999, "appuser": 1000}


def unpacked(packages: Sequence[str], root: Path) -> Path:
    """Return `root`, a folder with these packages, which is made if it does not exist: completely, or not at all.

    They come from where this computer gets its own packages. Raises `AssertionError` with apt's message if that fails.
    """
    if not root.exists():
        draft, work = root.with_suffix(".part"), root.with_suffix(".apt")
        shutil.rmtree(draft, ignore_errors=True)
        _make_folders(draft)
        for file in _download(packages, work):
            _run(["dpkg-deb", "--extract", file, draft])
        for unread in ("doc", "man", "locale", "info", "lintian"):
            shutil.rmtree(draft / "usr" / "share" / unread, ignore_errors=True)
        _configure(draft)
        draft.rename(root)
        shutil.rmtree(work)
    return root


def _download(packages: Sequence[str], work: Path) -> list[Path]:
    """Download `packages` and what they need into `work`, and return the files."""
    apt = _apt(work)
    _run([*apt, "update"])
    _run([*apt, "--yes", "--download-only", "install", *packages])
    return sorted((work / "cache" / "archives").glob("*.deb"))


def _apt(work: Path) -> list[str | Path]:
    """The command `apt-get` with its lists, state and downloads in `work`."""
    (work / "state" / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    (work / "cache" / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    first = _run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]).split()[0]
    (work / "sources").write_text(f"deb [signed-by={_KEYS}] {first} {SUITE} main\n", "utf-8")
    options = {
        "Dir::Etc::sourcelist": work / "sources",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State": work / "state",
        "Dir::State::status": "/dev/null",
        "Dir::Cache": work / "cache",
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
    }
    return ["apt-get", "-qq", *(word for name, value in options.items() for word in ("-o", f"{name}={value}"))]


def _make_folders(root: Path) -> None:
    for name in ("bin", "sbin", "lib", "lib64"):
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")
    for name in ("tmp", "root", "proc", "sys", "dev", "run", "etc", "old", "work"):
        (root / name).mkdir()
    (root / "tmp").chmod(0o1777)


def _configure(root: Path) -> None:
    """Do what the packages' own scripts do, as far as it is needed here: users, and names that lead to other programs."""
    users = _USERS.items()
    (root / "etc" / "passwd").write_text("".join(f"{name}:x:{it}:{it}::/tmp:/bin/bash\n" for name, it in users))
    (root / "etc" / "group").write_text("".join(f"{name}:x:{it}:\n" for name, it in users))
    (root / "etc" / "hosts").write_text("127.0.0.1 localhost\n")
    (root / "etc" / "nsswitch.conf").write_text("hosts: files dns\n")
    names = {"sh": "bash", "awk": "mawk"}
    links = [root / "usr" / "bin" / name for name in names]
    links += [
        root / "usr" / "sbin" / f"{name}{end}"
        for name in ("iptables", "ip6tables")
        for end in ("", "-save", "-restore")
    ]
    for link in links:
        target = names.get(link.name) or re.sub(r"^(ip6?tables)", r"\1-nft", link.name)
        if (link.parent / target).exists() and not link.exists():
            link.symlink_to(target)


def _run(command: Sequence[str | Path]) -> str:
    done = processes.run(command, timeout=_TIMEOUT)
    assert done.returncode == 0, f"{command[0]} failed: {done.stderr.strip()}"
    return done.stdout
