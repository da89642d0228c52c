# SPDX-License-Identifier: Apache-2.0
"""The shop: an order service, a catalog service and a gateway. Three HTTP programs that know nothing of the lab.

Each runs by itself: `python -m helpers.shop.order_service --help`. `helpers.services` starts them for a notebook and
`./lab shop up` for a terminal. They import nothing of the lab, so that a service is up in less than a second.

- `gateway` the program that all requests go through
- `order_service` the program that takes orders
- `ways` four ways to take an order and send it to Kafka
- `publisher` one producer for many requests
- `orders` what an order is, and the service's own database
- `catalog_service` `row_listener` the programs that listen to orders: one lowers a stock, the other saves a row for each order
- `stock` what orders do to the stock
- `health` the HTTP side of a listener
- `listener` the consumer in a thread: work, dead letters, commit
- `dead_letters` `incoming` records that can never be handled; what is read of an order
- `forwarding` one request to one instance, and what may be repeated
- `discovery` which instances there are
- `pages` an application with its description
- `crash` `problems` `serving` where a program kills itself; errors over HTTP; a program on a free port
"""
