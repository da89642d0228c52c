# SPDX-License-Identifier: Apache-2.0
"""A whole class: three learners sign in at once, work, break things, and are left alone. The tests follow each other.

One class for all of them: each learner's lab costs ten seconds of a processor.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from helpers.classroom import hub_process, programs
from helpers.classroom.place import WORK
from helpers.processes import is_gone
from helpers.waiting import wait_until
from tests.classroom.conftest import MEMORY, School
from tests.classroom.learner import Learner, sign_in_together

LESSON_02, LESSON_05 = "02_produce_and_consume.ipynb", "05_connect_a_rows_way.ipynb"
NAMES = ("ana", "ben", "민수")


@pytest.fixture(scope="module")
def learners(school: School) -> dict[str, Learner]:
    """Three learners whose labs are ready. They signed in at the same time."""
    found = [school.learner(name) for name in NAMES]
    shown = sign_in_together(found, school.session.words().room)
    for name, events in shown.items():
        assert events[-1].get("ready"), (name, events)
        said = [event["message"] for event in events]
        assert any(line.startswith("Apache Kafka answers at ") for line in said), said
        assert not any("━" in line or "pid" in line for line in said), said
    for learner in found:
        assert learner.opens().ok
    return {learner.name: learner for learner in found}


def pids(school: School, name: str) -> set[int]:
    """The servers and the JupyterLab of a learner."""
    found = programs.of_learners(school.session.place).get(name, [])
    return {process.pid for process in found if "ipykernel_launcher" not in process.info["cmdline"]}


def kill_hub(school: School) -> None:
    hub = hub_process.find(school.session.place)
    assert hub
    hub.kill()
    wait_until(lambda: is_gone(hub), 10, "the hub to end")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "Give a name"),
        ("a b", "Use letters, digits"),
        ("../x", "Use letters, digits"),
        ("x" * 31, "at most 30"),
        ("kim", "not the word of this room"),
        ("teacher", "not the teacher's word"),
    ],
)
def test_who_may_not_come_in_is_answered_in_one_sentence(school: School, name: str, said: str) -> None:
    word = "wrong-word" if name == "kim" else school.session.words().room
    assert said in school.learner(name).refused(word)
    assert school.session.place.names() == []


def test_three_learn_at_once_and_one_kills_their_broker(school: School, learners: dict[str, Learner]) -> None:
    ana, ben, kim = (learners[name] for name in NAMES)
    with ThreadPoolExecutor(2) as pool:
        lessons = [pool.submit(ana.run, LESSON_02), pool.submit(kim.run, LESSON_05)]
        broker = next(
            it for it in programs.of_learners(school.session.place)["ben"] if "kafka.Kafka" in it.info["cmdline"]
        )
        broker.kill()
        wait_until(lambda: is_gone(broker), 10, "the broker to end")
        assert [error for lesson in lessons for error in lesson.result()] == []
    with ben.kernel() as kernel:
        assert "Start it in a terminal: `./lab up`" in kernel.run("from helpers import attach; attach()")


def test_the_roster_says_who_did_what_and_whose_lab_is_unwell(school: School, learners: dict[str, Learner]) -> None:
    found = school.roster()
    assert set(found) == set(NAMES)
    assert {person["state"] for person in found.values()} == {"running"}
    assert (found["ana"]["lesson"], found["민수"]["lesson"], found["ben"]["lesson"]) == ("02", "05", None)
    assert found["ana"]["passed"] == {}, "the course's own solution is no learner's work"
    assert [sentence.split(".")[0] for sentence in found["ben"]["unwell"]] == ["kafka has ended"]
    assert found["ana"]["unwell"] == found["민수"]["unwell"] == []
    assert all(person["memory"] > 300e6 for person in found.values())
    shown = school.well("status")
    assert all(name in shown for name in NAMES)


def test_an_exercise_that_a_learner_solves_is_remembered(school: School, learners: dict[str, Learner]) -> None:
    solved = "from helpers.checks import check\ndef check_it(answer): return check(answer == 5, fact='5', hint='')\n"
    with learners["ana"].kernel() as kernel:
        assert not kernel.run(
            "from helpers import attach\nfrom helpers.workspace import Workspace\nWorkspace(attach(), '01').clear()"
        )
        assert not kernel.run(f"{solved}check_it(4)")
        assert not kernel.run(f"{solved}it_solution = 5\ncheck_it(it_solution)")
        assert school.roster()["ana"]["passed"] == {}
        assert not kernel.run(f"{solved}check_it(5)")
    assert school.roster()["ana"]["passed"] == {"01": ["it"]}


def test_a_name_belongs_to_one_browser_until_the_teacher_lets_another_in(
    school: School, learners: dict[str, Learner]
) -> None:
    word = school.session.words().room
    other = school.learner("ben")
    assert "The name ben is taken" in other.refused(word)
    again = school.learner("ben")  # the same browser after it was closed: only what is to last is left
    for cookie in learners["ben"].session.cookies:
        if cookie.expires:
            again.session.cookies.set_cookie(cookie)
    assert again.sign_in(word).ok
    note = school.session.place.home("ben") / WORK / "mine.txt"
    note.write_text("my work", "utf-8")
    school.well("reset", "ben", "--yes")
    assert school.roster()["ben"]["state"] == "away"
    assert pids(school, "ben") == set()
    assert note.read_text("utf-8") == "my work"
    assert not (school.session.place.lab("ben") / "kafka").exists()
    assert other.sign_in(word).ok
    assert other.waiting_page()[-1].get("ready")


def test_a_class_goes_on_when_its_hub_is_killed(school: School, learners: dict[str, Learner]) -> None:
    before, room = {name: pids(school, name) for name in NAMES}, school.session.running()
    kill_hub(school)
    assert school.run("status").returncode == 3
    said = school.well("up")
    assert school.session.words().room in said, "the word stays the same for a class that goes on"
    assert {name: pids(school, name) for name in NAMES} == before
    assert school.session.running() == room, "the labs that go on know the hub by its port"
    assert learners["ana"].opens().ok, "a page that was open goes on"
    services = [it for it in school.processes() if "JUPYTERHUB_SERVICE_NAME" in it.environ()]
    assert len([it for it in services if "jupyterhub_idle_culler" in it.cmdline()]) == 1


def test_who_is_idle_is_ended_and_who_works_is_not(school: School, learners: dict[str, Learner]) -> None:
    ana = learners["ana"]
    started = ana.ask("POST", "kernels", json={"name": "python3"}).json()["id"]
    with ana.kernel_of(started) as kernel:
        kernel.begin("import time\nfor number in range(600):\n    print(number)\n    time.sleep(0.5)")
        before = school.roster()["ana"]["active"]
        wait_until(lambda: school.roster()["ana"]["active"] > before, 60, "the hub to hear of ana's work")
    kill_hub(school)
    school.well("up", "--idle", "0.3")

    def here() -> list[str]:
        return [name for name, it in school.roster().items() if it["state"] != "away"]

    wait_until(lambda: here() == ["ana"], 120, "the others to be ended", last_seen=here)
    assert pids(school, "민수") == pids(school, "ben") == set()


def test_a_class_that_runs_is_left_as_it_is(school: School) -> None:
    hub = hub_process.find(school.session.place)
    done = school.run("up", "--port", "1")
    assert done.returncode == 0
    assert "The class runs already" in done.stderr
    assert hub_process.find(school.session.place) == hub


def test_a_learner_who_does_not_fit_is_answered_kindly(school: School) -> None:
    place = school.session.place
    room = place.room()
    assert room
    place.save(type(room)(**{**vars(room), "memory": psutil.virtual_memory().total // 1_000_000}))
    try:
        late = school.learner("late")
        page = late.refused_lab(school.session.words().room)
        assert "MB of memory left, and your lab needs" in page, page
        assert "Ask your teacher to end a lab that nobody uses" in page
        (complaint,) = school.roster()["late"]["unwell"]
        assert complaint.startswith("It did not start: This server has ")
    finally:
        place.save(type(room)(**{**vars(room), "memory": MEMORY}))


def test_a_lab_that_cannot_start_says_why(school: School) -> None:
    school.session.place.lab("eve").mkdir(parents=True)
    (school.session.place.lab("eve") / "lab.json").write_text("{", "utf-8")
    assert "lab.json is damaged" in school.learner("eve").refused_lab(school.session.words().room)
    assert "eve" not in programs.of_learners(school.session.place)


def test_nothing_is_left_when_the_hub_was_killed_before_the_class_ends(school: School) -> None:
    hub = hub_process.find(school.session.place)
    assert hub
    word = school.session.words().room
    hub.kill()
    wait_until(lambda: is_gone(hub), 10, "the hub to end")
    school.well("down")
    assert school.processes() == []
    assert school.session.words().room != word, "the next class has another word"
    assert school.run("status").returncode == 3
    assert {it["state"] for it in school.roster().values()} == {"away"}
