# SPDX-License-Identifier: Apache-2.0
"""The verbs of `lab class`, and how a class is shown on the terminal."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table

from helpers import memory
from helpers.classroom.place import LOOPBACK, MB, TEACHER, Room
from helpers.command import console
from helpers.errors import LabNotRunning
from helpers.settings import settings

if TYPE_CHECKING:
    from helpers.classroom.roster import Learner
    from helpers.classroom.sessions import Session

_FILE = click.Path(path_type=Path)


@click.group("class")
def classroom() -> None:
    """A lab for each learner of a class on this computer. They sign in with a browser."""


@classroom.command(epilog="Example: ./lab class up --learners 12")
@click.option("--address", default=LOOPBACK, help="The address to listen at (127.0.0.1: this computer only).")
@click.option("--port", type=click.IntRange(1, 65535), help="The port to listen at (as last time, or a free one).")
@click.option("--certificate", type=_FILE, help="Your own certificate, a PEM file (one is made for the class).")
@click.option("--key", type=_FILE, help="The key of your certificate.")
@click.option("--learners", type=click.IntRange(min=1), help="How many labs may run at the same time (30).")
@click.option("--memory", type=click.IntRange(min=1), help="Megabytes that a learner needs (900).")
@click.option(
    "--idle", type=click.FloatRange(min=0, min_open=True), help="Minutes without activity that end a lab (60)."
)
def up(**wishes: object) -> None:
    """Start the class, and print the address and the words to sign in with.

    With --address other computers can reach it. It is then encrypted. Whoever knows the word of the room can run programs here.
    """
    from helpers.classroom.sessions import Wishes

    session = _session()
    with console.Terminal() as report:
        room = session.up(Wishes(**wishes), report)  # type: ignore[arg-type]  # click has checked them
    _show(session, room)


@classroom.command(epilog="Example: ./lab class down")
def down() -> None:
    """End the class and the labs of all learners. What they wrote is kept."""
    session = _session()
    ran = bool(session.running())
    names = session.down()
    ended = f"Ended: the class, and {len(names)} labs." if ran or names else "No class was running."
    console.say(ended)


@classroom.command(epilog="Example: ./lab class status")
def status() -> None:
    """Show the address, the words, the memory, and who is here. Exit code 3 if no class runs."""
    session = _session()
    room = session.running()
    if not room:
        raise LabNotRunning(f"No class runs in {session.place.folder}.", "Start it: `./lab class up`.")
    _show(session, room)
    _table(session.roster())


@classroom.command(epilog="Example: ./lab class roster --json | python -m json.tool")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for scripts.")
def roster(as_json: bool) -> None:
    """Show every learner: lesson, exercises passed, memory, and what is wrong with the lab."""
    from helpers.classroom.roster import as_dictionary

    people = _session().roster()
    if as_json:
        console.result(json.dumps(as_dictionary(people), indent=2, ensure_ascii=False))
    else:
        _table(people)


@classroom.command(epilog="Example: ./lab class reset kim")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(name: str, yes: bool) -> None:
    """End the lab of learner NAME, delete its topics and tables, and let NAME in from any browser. Notebooks stay."""
    if not yes:
        console.confirm_deletion(f"Delete all topics, databases and logs of {name}?")
    _session().reset(name)
    console.say(f"The lab of {name} is empty. It starts when they sign in.")


def _session() -> Session:
    """The class of this user's lab. Only its own verbs import what they need for it: the others start sooner."""
    from helpers.classroom.sessions import Session

    return Session(settings())


def _show(session: Session, room: Room) -> None:
    from helpers.classroom.certificate import fingerprint

    words = session.words()
    console.result(f"Learners open   {room.url}")
    console.result("      name      of their own")
    console.result(f"      word      {words.room}")
    console.result(f"You sign in as  {TEACHER}")
    console.result(f"      word      {words.teacher}")
    console.result(f"Memory          {memory.free() // MB:,} MB are free, for {_fits(room)} more labs")
    if room.bind == LOOPBACK:
        console.result("Only this computer can reach it. For the room's network: `./lab class up --address 0.0.0.0`.")
    if room.certificate:
        console.result("The connection is encrypted. A browser warns once if the certificate was made for the class:")
        console.result(f"SHA-256         {fingerprint(Path(room.certificate))}")


def _fits(room: Room) -> int:
    return max(0, memory.free() // (room.memory * MB))


def _table(people: list[Learner]) -> None:
    table = Table("learner", "lab", "lesson", "passed", "memory", "active", "unwell", box=None, pad_edge=False)
    for person in people:
        passed = " ".join(f"{lesson}:{','.join(names)}" for lesson, names in person.passed.items())
        size = f"{person.memory // MB} MB" if person.memory else ""
        active = time.strftime("%H:%M", time.localtime(person.active)) if person.active else ""
        table.add_row(person.name, person.state, person.lesson or "", passed, size, active, " ".join(person.unwell))
    console.out.print(table)
