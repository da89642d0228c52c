# SPDX-License-Identifier: Apache-2.0
"""A program that answers as `docker` would, and keeps what it was asked."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from helpers.settings import Settings, settings
from helpers.stack.containers.compose import ComposeLab

PROGRAM = """
import json, os, sys
folder = os.path.dirname(__file__)
arguments = sys.argv[1:]
with open(os.path.join(folder, "calls"), "a") as calls:
    calls.write(json.dumps(arguments) + "\\n")
with open(os.path.join(folder, "answers")) as answers:
    given = json.load(answers)
for verb, (code, out, err) in given.items():
    if verb in arguments:
        sys.stdout.buffer.write(out.encode())
        print(err, end="", file=sys.stderr)
        sys.exit(code)
"""


@dataclass
class Docker:
    """A program that answers as `docker` would and keeps what it was asked."""

    folder: Path

    def answer(self, **verbs: tuple[int, str, str]) -> None:
        usual = {
            "--short": (0, "v2.40.3\n", ""),
            "version": (0, "28.2.2\n", ""),
            "ps": (0, "", ""),
            "image": (0, "", ""),
        }
        self.verbs = usual | verbs
        (self.folder / "answers").write_text(json.dumps(self.verbs))

    def calls(self) -> list[list[str]]:
        """Return the calls since the last time, in order, those to `docker compose` without what names the lab."""
        file = self.folder / "calls"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        calls = [json.loads(line) for line in lines]
        plain = [[word for word in call if word not in ("--ansi", "never")] for call in calls]
        return [call[:1] + call[7:] if "--project-name" in call else call for call in plain]

    def changes(self) -> list[str]:
        """Return what the calls since the last time have changed, in order. A question more or less makes no difference."""
        return [_change(set(call)) for call in self.calls() if not QUESTIONS & set(call[:2])]

    def fails(self, **verbs: tuple[int, str, str]) -> None:
        """Let `docker compose up` fail from now on, and these verbs answer so."""
        self.answer(**{"up": (1, "", "pull failed"), "logs": (0, "", "")} | verbs)

    def runs(self, *services: str) -> None:
        """Let these services run in containers: for a minute and a half, in 512.5 MiB."""
        started = (datetime.now(UTC) - timedelta(seconds=90)).isoformat()
        ids = [f"{name}-0123456789abcdef" for name in services]
        lines = [json.dumps({"Service": name, "ID": f"{name}-0123456789", "State": "running"}) for name in services]
        self.answer(
            ps=(0, "\n".join(lines), ""),
            stats=(0, "\n".join(f"{id_[:12]} 512.5MiB / 7.6GiB" for id_ in ids), ""),
            inspect=(0, "\n".join(f"{id_} {started}" for id_ in ids), ""),
        )


CHANGES = {
    "build and start": {"up", "--detach", "--remove-orphans", "--wait", "--build"},
    "start": {"up", "--detach", "--remove-orphans", "--wait"},
    "stop": {"stop"},
    "delete": {"down", "--volumes", "--remove-orphans"},
}
"""What changes containers, and the words of such a command; one that only looks has none of these."""
QUESTIONS = {"version", "image", "ps", "logs", "stats", "inspect"}
EVERYTHING = ("kafka", "connect", "mysql")


def _change(words: set[str]) -> str:
    """The first of `CHANGES` whose words are all here; a command that is none of them as it is."""
    return next((name for name, needed in CHANGES.items() if needed <= words), f"unknown: {sorted(words)}")


def settings_of(lab: ComposeLab) -> Settings:
    """Return the settings that lead to the home of `lab`."""
    return replace(settings(), home=lab.home)
