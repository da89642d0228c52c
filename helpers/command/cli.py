# SPDX-License-Identifier: Apache-2.0
"""The `lab` command; no logic of its own."""

from __future__ import annotations

import json
import signal
import sys

import click

from helpers.attaching import as_dictionary
from helpers.command import classroom, console, doctor, groups, jupyter, testing
from helpers.errors import NO_ROOM, InvalidInput, LabError, LabNotRunning
from helpers.project import PACKAGE
from helpers.settings import settings
from helpers.stack.labs import AnyLab, lab_in, make_faster
from helpers.stack.status import ServerStatus

INTERRUPTED = 130


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: ./lab starts everything and opens JupyterLab at the first lesson. Ctrl-C ends both.",
)
@click.version_option(package_name=PACKAGE, prog_name="lab", message="%(prog)s %(version)s")
@click.pass_context
def lab(context: click.Context) -> None:
    """A real Kafka, Kafka Connect and MariaDB on this computer, and the notebooks that use them.

    Without a verb: `up`, then `open`. When JupyterLab ends, the servers end too if this command started them.
    """
    if context.invoked_subcommand is None:
        ran = any(server.running for server in _lab().status().values())
        _up(wait_connect=False)
        try:
            jupyter.run(settings().home, browser=True, say=console.say)
        finally:
            if not ran:
                context.invoke(down)


@lab.command(epilog="Example: ./lab up && python my_program.py")
@click.option(
    "--compose", is_flag=True, help="Make a lab in containers, with MySQL. Other verbs find it by its folder."
)
def up(compose: bool) -> None:
    """Install what is missing and start the servers."""
    console.show_servers(_up(compose=compose).values())


@lab.command(epilog="Example: ./lab down")
def down() -> None:
    """Stop the servers. Their data is kept."""
    local = _lab()
    stopped = local.down()
    console.say(f"Stopped: {', '.join(stopped)}." if stopped else "No server was running.")
    if stopped and make_faster(local):
        console.say(
            "The next starts will be faster: a program prepares that now, once, in the background (about 20 s)."
        )


@lab.command(epilog="Example: ./lab status --json | python -m json.tool")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for scripts.")
def status(as_json: bool) -> None:
    """Show the servers: version, address, memory, uptime. Exit code 3 if not all of them run."""
    local = _lab()
    servers = local.status()
    if not servers:
        raise LabNotRunning(f"There is no lab in {local.home} yet.", "`./lab up` makes and starts one.")
    if as_json:
        console.result(json.dumps(as_dictionary(local.home, servers), indent=2))
    else:
        console.show_servers(servers.values())
        console.result(f"Home: {local.home}")
    if not all(server.running for server in servers.values()):
        sys.exit(LabNotRunning.exit_code)


@lab.command("doctor", epilog="Example: ./lab doctor")
def examine() -> None:
    """Check this computer for problems and say how to fix them. Exit code 1 if there are any."""
    findings = doctor.examine(settings())
    for finding in findings:
        console.result(str(finding))
    if not all(finding.well for finding in findings):
        sys.exit(1)


@lab.command(epilog="Example: ./lab reset --yes && ./lab up")
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(yes: bool) -> None:
    """Stop the servers and delete all topics, databases and logs. Notebooks, downloads and plugins stay."""
    local = _lab()
    if not yes:
        console.confirm_deletion(f"Delete all topics, databases and logs in {local.home}?")
    local.reset()
    console.say("The lab is empty. Start a new one with `./lab up`.")


@lab.command("open", epilog="Example: ./lab open --no-browser")
@click.option(
    "--browser/--no-browser", default=True, help="Open a browser if there is one (default), or only print the address."
)
def open_(browser: bool) -> None:
    """Run JupyterLab at the first lesson, until Ctrl-C. The servers stay as they are."""
    jupyter.run(settings().home, browser=browser, say=console.say)


@lab.command(
    epilog="Example: ./lab test unit -k topics",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def test(arguments: tuple[str, ...]) -> None:
    """Run the tests on their own lab: style, unit, lab, notebooks, browser, or only those ROOMS. Pytest gets the rest."""
    sys.exit(testing.run_tests(arguments))


@lab.command(epilog="Example: ./lab bench --only lag")
@click.option("--only", type=click.Choice(testing.BENCHMARKS), help="Run this part only.")
def bench(only: str | None) -> None:
    """Measure the lab and the helpers side by side, print ratios and save them as JSON."""
    sys.exit(testing.run_bench(only))


@lab.command(epilog="Example: ./lab logs connect -n 50")
@click.argument("name")
@click.option("-n", "count", default=20, type=click.IntRange(min=1), help="How many lines from the end (20).")
def logs(name: str, count: int) -> None:
    """Print the end of the log NAME: kafka, connect, mariadb, mysql, registry, jupyter, gateway, catalog, orders, orders-2."""
    for line in _lab().log(name, count):
        console.result(line)


@lab.command(epilog="Example: ./lab reconcile --topic orders --table mydb2.orders --key id --group connect-orders-sink")
@click.option("--topic", required=True, help="The topic.")
@click.option("--table", required=True, metavar="DB.TABLE", help="The table that is made of the topic.")
@click.option(
    "--key", required=True, metavar="FIELD", help="The table's column, and the field of the record's key or value."
)
@click.option("--group", help="The consumer group that writes the table; a connector's is connect-NAME.")
@click.option("--watch", is_flag=True, help="Look every second and print each change, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each look, for scripts.")
def reconcile(topic: str, table: str, key: str, *, group: str | None, watch: bool, as_json: bool) -> None:
    """Compare a topic with the table made of it, key by key, while both are at work. It writes nothing.

    Exit code 1 if a key is lost or doubled. If no record has the FIELD in its JSON key or value, its whole key is compared.
    """
    from helpers.command import reconciling  # it imports pandas, which takes a second, and other verbs do not need it

    sys.exit(reconciling.run(settings(), topic, table, key, group=group, watch=watch, as_json=as_json))


for group in (groups.plugins, groups.shop, groups.registry, classroom.classroom):
    lab.add_command(group)


def main() -> None:
    """Run the `lab` command. Exit codes: 0 done, 2 wrong usage or input, 130 interrupted, else `LabError.exit_code`."""
    # SIGINT too: the background jobs of a script's shell ignore it by default.
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _interrupt)
    try:
        lab.main(standalone_mode=False)
    except click.ClickException as error:
        console.complain(InvalidInput(error.format_message(), "See `./lab --help` for the verbs and options."))
        sys.exit(InvalidInput.exit_code)
    except (click.Abort, KeyboardInterrupt):
        console.say("Interrupted. Everything that this command had started is stopped.")
        sys.exit(INTERRUPTED)
    except LabError as error:
        console.complain(error)
        sys.exit(error.exit_code)
    except OSError as error:
        if error.errno not in NO_ROOM:  # any verb may write, and any write may find the disk full
            raise
        where = f"{error.filename} could not be written" if error.filename else "A file could not be written"
        problem = LabError(
            f"{where}: {error.strerror}.",
            "Make room on that disk, then run this again. `./lab doctor` names the folders.",
        )
        console.complain(problem)
        sys.exit(problem.exit_code)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _lab(*, compose: bool = False) -> AnyLab:
    return lab_in(settings(), compose=compose)


def _up(*, compose: bool = False, wait_connect: bool = True) -> dict[str, ServerStatus]:
    with console.Terminal() as report:
        return _lab(compose=compose).up(report, wait_connect=wait_connect)
