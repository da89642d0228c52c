# SPDX-License-Identifier: Apache-2.0
"""What one lesson measures and other lessons repeat with other numbers. Each leaves the lab as it was before.

- `crash_matrix` `five_ways` what is lost or doubled, by where it dies and how it is written; five ways to move orders
- `crews` `keys` `journeys` members that share work; the partition of a key; a row's way through Connect
- `members` `changes` `load` `poller` one consumer; changes of a table; what readers cost the database; a source that polls
- `customers` `decrements` who orders over HTTP, and again until it is accepted; a learner's own work on orders that come twice
- `lost_answers` `listeners` `avro_orders` an answer that nobody hears; rows by the groups of those who listen; orders in Avro
- `sink_failures` `deductions` what sinks make of rows and schemas that do not fit; a learner's listener with a business rule
- `failover` what becomes of records while brokers fail
- `sink_rates` `schema_offers` how fast a sink writes, and in how many commits; what a registry says to a schema
- `costs` what a setting costs: latency, the broker's processor time, records a second in Connect
- `member_program` the consumer's own process
"""
