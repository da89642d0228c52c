# SPDX-License-Identifier: Apache-2.0
"""Kafka's own command-line tools, run on the lab's Java: what `bin/kafka-topics.sh` does where Kafka is unpacked."""

from __future__ import annotations

import re
from pathlib import Path

from helpers import child, java_client
from helpers.errors import InvalidInput, KafkaFailed, TimedOut
from helpers.lab import Lab
from helpers.processes import STDOUT
from helpers.stack.installed import tools_java
from helpers.waiting import wait_until

_MAIN = {
    "topics": "org.apache.kafka.tools.TopicCommand",
    "console-producer": "org.apache.kafka.tools.ConsoleProducer",
    "console-consumer": "org.apache.kafka.tools.consumer.ConsoleConsumer",
    "consumer-groups": "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
    "configs": "kafka.admin.ConfigCommand",
    "metadata-quorum": "org.apache.kafka.tools.MetadataQuorumCommand",
    "storage": "kafka.tools.StorageTool",
    "dump-log": "org.apache.kafka.tools.DumpLogSegments",
}
# Java would print in the computer's code page, which is not UTF-8 on Windows. Kafka reads its input as UTF-8.
_FLAGS = ("-Dlog4j2.level=off", "-Dstdout.encoding=UTF-8", "-Dstderr.encoding=UTF-8")
_NEEDS_NO_BROKER = ("dump-log", "storage")
_STARTED = "Kafka Server started"
_START_TIMEOUT = 90.0  # seconds that a broker may take to start on a busy computer


def kafka(lab: Lab, tool: str, *arguments: str, stdin: str = "", timeout: float = 30.0) -> str:
    """Run `kafka-TOOL.sh --bootstrap-server <the lab> ARGUMENTS` and return what it prints to standard output.

    `stdin` is what a person would type, as for console-producer. Raises `InvalidInput` for a tool that is not known here,
    `KafkaFailed` with the tool's own message if it reports a failure, and `TimedOut` after `timeout` seconds.
    """
    if tool not in _MAIN:
        raise InvalidInput(f"{tool!r} is not a known tool.", f"Choose one of {', '.join(_MAIN)}.")
    java = tools_java(lab.settings)
    try:
        with java_client.config_file(lab.security) as login:
            told = _arguments(lab, tool, arguments, login)
            done = child.run(java.tool(_MAIN[tool], *told, flags=_FLAGS), timeout=timeout, words=stdin)
    except TimedOut as error:
        raise TimedOut(
            f"kafka-{tool} did not end within {timeout:g} s.",
            "A consumer ends only with --max-messages or --timeout-ms.",
        ) from error
    if done.returncode:
        raise KafkaFailed(f"kafka-{tool} failed: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def show(lab: Lab, tool: str, *arguments: str, stdin: str = "", timeout: float = 30.0) -> None:
    """Print the command that a reader would type, run it as `kafka` does, and print its output."""
    print("$", command_line(lab, tool, *arguments))
    print(kafka(lab, tool, *arguments, stdin=stdin, timeout=timeout))


def command_line(lab: Lab, tool: str, *arguments: str) -> str:
    """Return the command that a reader with an unpacked Kafka would type for the same."""
    return " ".join([f"bin/kafka-{tool}.sh", *_arguments(lab, tool, arguments)])


def start_broker(lab: Lab, config: Path, log: Path) -> child.Guarded:
    """Print `bin/kafka-server-start.sh CONFIG`, run it, and return it when its `log` says that it has started.

    It ends at `stop`, as after Ctrl-C, or with this process. It is a small broker: its heap is at most 256 MB.

    Raises `KafkaFailed` with the first error in its log if it ends instead, and `TimedOut` after 90 s.
    """
    java = tools_java(lab.settings)
    logging = f"-Dlog4j2.configurationFile={lab.folder('kafka') / 'log4j2.properties'}"
    command = java.server("kafka.Kafka", config, flags=["-Xmx256m", *java.faster("kafka"), logging])
    print("$ bin/kafka-server-start.sh", config)
    with log.open("wb") as output:
        broker = child.Guarded(command, patience=(10.0, 5.0), output=output, errors=STDOUT)
        broker.start()
    try:
        wait_until(lambda: _STARTED in _text(log) or not broker.running, _START_TIMEOUT, "the broker to start")
    except BaseException:  # also when the learner stops the cell
        broker.kill()
        raise
    if not broker.running:
        broker.stop()
        _, error, after = _text(log).partition(" ERROR ")
        why = " ".join(after.splitlines()[:2]) if error else "nothing of an error."
        raise KafkaFailed(f"The broker did not start. Its log says: {why}")
    return broker


def _text(log: Path) -> str:
    return log.read_text("utf-8", errors="replace")


def metric(lab: Lab, name: str, attribute: str = "Count") -> float:
    """Return one number that the broker counts, by its JMX name, as in `kafka.server:type=BrokerTopicMetrics,name=BytesInPerSec`.

    It counts from the broker's last start. Java's own tool `jcmd` opens JMX for this computer only, then Kafka's `JmxTool` asks.

    Raises `Unsupported` where the broker runs elsewhere, and `KafkaFailed` when it has no such metric or does not answer.
    """
    lab.folder("kafka")
    pids = [str(server.pid) for server in lab.servers() if server.name == "kafka"]
    java = tools_java(lab.settings)
    jcmd = java.executable.with_stem("jcmd")
    child.run([jcmd, *pids, "ManagementAgent.start_local"], timeout=30.0)
    said = child.run([jcmd, *pids, "ManagementAgent.status"], timeout=30.0).stdout
    address = re.search(r"service:jmx:\S+", said)
    if not address:
        raise KafkaFailed(f"The broker opens no JMX: {said.strip()}")
    question = ["--jmx-url", address[0], "--object-name", name, "--attributes", attribute, "--one-time"]
    command = java.tool("org.apache.kafka.tools.JmxTool", *question, "--report-format", "properties", flags=_FLAGS)
    done = child.run(command, timeout=30.0)
    found = re.search(rf":{re.escape(attribute)}=(\S+)", done.stdout)
    if not found:
        raise KafkaFailed(
            f"The broker has no metric {name} with {attribute}: {(done.stderr or done.stdout).strip()[-300:]}"
        )
    return float(found[1])


def _arguments(lab: Lab, tool: str, arguments: tuple[str, ...], login: Path | None = None) -> list[str]:
    if tool in _NEEDS_NO_BROKER:
        return [*arguments]
    with_login = ["--command-config", str(login)] if login else []
    return ["--bootstrap-server", lab.bootstrap_servers, *with_login, *arguments]
