#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
exec java $KAFKA_HEAP_OPTS $KAFKA_OPTS -Dlog4j2.level=info -cp '/opt/kafka/libs/*' org.apache.kafka.connect.cli.ConnectDistributed "$@"
