# SPDX-License-Identifier: Apache-2.0
"""Kafka Connect: its REST interface, with waits that read the states of the tasks and not only the connector's own.

- `client` what lessons use: checks before a request, waits after it
- `endpoints` `keys` `values` one request a method; unknown keys; times that would be lost
- `rest` `causes` `config` one request, its time limit and errors; why a connector failed; a configuration, its name in a path
"""

from helpers.connect.causes import Failure
from helpers.connect.client import ConnectClient
from helpers.connect.config import Config
from helpers.connect.endpoints import Status

__all__ = ["Config", "ConnectClient", "Failure", "Status"]
