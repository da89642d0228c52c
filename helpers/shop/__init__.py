# SPDX-License-Identifier: Apache-2.0
"""The shop: an order service, a catalog service and a gateway. Three HTTP programs that know nothing of the lab.

Each runs by itself: `python -m helpers.shop.order_service --help`. `helpers.services` starts them for a notebook and
`./lab shop up` for a terminal. They import nothing of the lab, so that a service is up in less than a second.

- `gateway` the program that all requests go through
- `forwarding` one request to one instance, and what may be repeated
- `discovery` `pages` which instances there are; an application with its description
- `crash` `problems` `serving` where a program kills itself; errors over HTTP; a program on a free port
"""
