# SPDX-License-Identifier: Apache-2.0
"""The servers, each a process on this computer.

- `training` caches for faster starts
- `starting` several servers side by side
- `kafka` `worker` `mariadb` `mysql` one kind of server each, with its settings
- `partitions` a question to one broker about its topics
- `java` `database` what Java programs have in common, and what databases have
- `server` what every server has in common
"""
