# SPDX-License-Identifier: Apache-2.0
"""Wrong answers to the exercise of lesson 05, each with a part of the hint that it gets."""

WRONG = [
    (
        """
def copy_into(name, table):
    config = dict(sink)
    config["name"] = name
    config["table.name.format"] = config["collection.name.format"] = table
    return http.post(lab.connect_url + "/connectors", json=config, timeout=30).status_code
""",
        "is not 201: POST name and config.",
    ),
    (
        """
def copy_into(name, table):
    config = dict(sink)
    config["name"] = name
    body = {"name": name, "config": config}
    return http.post(lab.connect_url + "/connectors", json=body, timeout=30).status_code
""",
        "Your JSON never names",
    ),
    (
        """
def copy_into(name, table):
    config = dict(sink)
    config["name"] = name
    key = "collection.name.format"
    if "Debezium" in sink_family:
        key = "table.name.format"
    config[key] = table
    body = {"name": name, "config": config}
    return http.post(lab.connect_url + "/connectors", json=body, timeout=30).status_code
""",
        "Your JSON never names",
    ),
    (
        """
def copy_into(name, table):
    config = dict(sink)
    config["table.name.format"] = config["collection.name.format"] = table
    body = {"name": name, "config": config}
    return http.post(lab.connect_url + "/connectors", json=body, timeout=30).status_code
""",
        "400 is not 201",
    ),
    (
        """
def copy_into(name, table):
    config = dict(sink)
    config["name"] = name
    config["table.name.format"] = config["collection.name.format"] = table
    body = {"name": name, "config": config}
    return http.post(lab.connect_url + "/connectors", json=body, timeout=30)
""",
        "<Response [201]> is not 201",
    ),
]
