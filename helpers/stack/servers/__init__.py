# SPDX-License-Identifier: Apache-2.0
"""The servers, each a process on this computer.

- `starting` several servers side by side
- `kafka` `worker` `mariadb` `mysql` `registry` one kind of server each, with its settings
- `program` the programs of the shop
- `partitions` a question to one broker about its topics
- `java` `database` `http` what Java programs have in common, what databases have, and what has an HTTP interface
- `server` what every server has in common
"""
