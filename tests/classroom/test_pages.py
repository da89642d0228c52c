# SPDX-License-Identifier: Apache-2.0
"""What a learner and a teacher see in a real browser: sign-in, the waiting page, the first lesson, the teacher's page."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from helpers.classroom import programs
from helpers.waiting import wait_until
from tests.browser import jupyterlab
from tests.classroom.conftest import School

START_TIMEOUT = 240_000  # milliseconds until a lab is ready on a busy machine
PHONE = ViewportSize(width=390, height=844)


@pytest.fixture
def screenshots(tmp_path: Path) -> Path:
    """The folder for pictures of the pages: `LAB_SCREENSHOTS`, else a temporary one."""
    folder = Path(os.environ.get("LAB_SCREENSHOTS") or tmp_path / "screenshots").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def sign_in(page: Page, url: str, name: str, word: str) -> None:
    page.goto(f"{url}/hub/login")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(word)
    page.get_by_role("button", name="Sign in").click()


def test_what_a_learner_and_the_teacher_see(school: School, screenshots: Path) -> None:
    program = jupyterlab.chromium()
    room, words = school.session.running(), school.session.words()
    assert room
    with jupyterlab.page(program) as page:
        sign_in(page, room.url, "kim", "wrong")
        expect(page.locator(".login_error")).to_contain_text("not the word of this room")
        page.screenshot(path=screenshots / "sign-in.png")
        sign_in(page, room.url, "kim", words.room)
        expect(page.get_by_role("heading", name="Your lab is starting")).to_be_visible()
        expect(page.locator("#progress-message")).to_contain_text("answers at", timeout=START_TIMEOUT)
        page.screenshot(path=screenshots / "waiting.png")
        page.wait_for_url("**/lab/tree/notebooks/00_start_here.ipynb*", timeout=START_TIMEOUT)
        assert page.goto(f"{room.url}/services/teacher/").status == 403, "a learner is no teacher"  # type: ignore[union-attr]
    with jupyterlab.page(program) as page:
        sign_in(page, room.url, "teacher", words.teacher)
        page.wait_for_url("**/services/teacher/", timeout=START_TIMEOUT)
        kim = page.locator("tr[data-name=kim]")
        expect(kim).to_contain_text("running", timeout=30_000)
        expect(page.locator("#here")).to_have_text("1 of 1 learners here")
        broker = next(
            it for it in programs.of_learners(school.session.place)["kim"] if "kafka.Kafka" in it.info["cmdline"]
        )
        broker.kill()
        expect(kim).to_contain_text("kafka has ended", timeout=30_000)
        page.screenshot(path=screenshots / "teacher.png")
        page.set_viewport_size(PHONE)
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not page.evaluate(wide), "a phone would scroll sideways"
        page.screenshot(path=screenshots / "teacher-phone.png")
        page.on("dialog", lambda dialog: dialog.accept())
        kim.get_by_role("button", name="End").click()
        expect(kim).to_contain_text("away", timeout=START_TIMEOUT)
        expect(page.locator("#problem")).to_have_text("")
    wait_until(lambda: "kim" not in programs.of_learners(school.session.place), 10, "the programs of kim to end")
