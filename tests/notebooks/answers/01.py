# SPDX-License-Identifier: Apache-2.0
"""Wrong answers to the exercise of lesson 01, each with the part of the hint that it must get."""

ONE_PARTITION = """
def total_lag(group, topic):
    place = TopicPartition(topic, 0)
    asked = ConsumerGroupTopicPartitions(group, [place])
    answer = lab.admin.list_consumer_group_offsets([asked])[group].result()
    committed = max(answer.topic_partitions[0].offset, 0)
    end = lab.admin.list_offsets({place: OffsetSpec.latest()})[place].result().offset
    return end - committed
"""

NOTHING_COMMITTED_AS_A_NUMBER = """
def total_lag(group, topic):
    places = [TopicPartition(topic, number) for number in range(3)]
    asked = ConsumerGroupTopicPartitions(group, places)
    answer = lab.admin.list_consumer_group_offsets([asked])[group].result()
    total = 0
    for place in answer.topic_partitions:
        end = lab.admin.list_offsets({place: OffsetSpec.latest()})[place].result().offset
        total += end - place.offset
    return total
"""

WRONG = [
    (ONE_PARTITION, "add end - committed of all three partitions"),
    (NOTHING_COMMITTED_AS_A_NUMBER, "its -1001 counts as 0"),
]
