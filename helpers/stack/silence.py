"""A logger for Kafka clients that expect to be refused for a while."""

from __future__ import annotations

import logging


def silent_logger() -> logging.Logger:
    """Return a logger that drops what it is given, for librdkafka's `logger` setting.

    librdkafka writes a line to standard error for each refused connection; while a server starts these say nothing new.
    """
    logger = logging.getLogger("helpers.silent")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return logger
