/**
 * Where each record goes: kafkajs’s own partitioner, asked once a record. So the answer is the same at every try and
 * known before the request. Records of one partition can be sent apart from the others.
 */
import kafkajs, { type Message, type PartitionerArgs, type PartitionMetadata } from 'kafkajs';

export interface RecordPlacement {
  /** The partitioner to give to a producer. */
  readonly choose: (args: PartitionerArgs) => number;
  /** The message’s partition; undefined before the first request has told the partitions. */
  partitionOf(message: Message): number | undefined;
}

export function createPlacement(topic: string): RecordPlacement {
  const choose = kafkajs.Partitioners.DefaultPartitioner();
  const places = new WeakMap<object, number>();
  let known: PartitionMetadata[] = [];

  function place(message: Message): number {
    const before = places.get(message);
    // A topic that was made anew may have fewer.
    if (before !== undefined && before < known.length) return before;
    const chosen = choose({ topic, partitionMetadata: known, message });
    places.set(message, chosen);
    return chosen;
  }

  return {
    choose({ partitionMetadata, message }) {
      known = partitionMetadata;
      return place(message);
    },
    partitionOf: (message) => (known.length === 0 ? undefined : place(message)),
  };
}

/** @returns where this service’s record of this key goes in a topic of so many partitions: until there are more. */
export function partitionOfKey(key: string, partitions: number): number {
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    ...{ partitionErrorCode: 0, partitionId, leader: 0, replicas: [], isr: [] },
  }));
  const choose = kafkajs.Partitioners.DefaultPartitioner();
  return choose({ topic: '', partitionMetadata, message: { key, value: null } });
}
