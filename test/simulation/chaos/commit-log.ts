/**
 * Every commit that a group ever made, in the broker's order and with the broker's time: read from the topic in
 * which the broker itself keeps them. A look at the group's offsets now and then would miss what happened between.
 */
import type { Kafka } from 'kafkajs';
import { readTopic, type TopicReader } from '../player/read-topic.ts';
import type { Commit } from '../verify/commits.ts';

/** Keys of other versions are not offsets but what is known of the groups' members. */
const OFFSET_KEY_VERSIONS: ReadonlySet<number> = new Set([0, 1]);

export interface CommitKey {
  readonly groupId: string;
  readonly topic: string;
  readonly partition: number;
}

/** Kafka's own OffsetCommitKey; undefined for a key of another kind. */
export const readCommitKey = (key: Buffer): CommitKey | undefined => {
  if (!OFFSET_KEY_VERSIONS.has(key.readInt16BE(0))) return undefined;
  let at = 2;
  const text = (): string => {
    const length = key.readInt16BE(at);
    const from = at + 2;
    at = from + length;
    return key.toString('utf8', from, at);
  };
  const groupId = text();
  const topic = text();
  return { groupId, topic, partition: key.readInt32BE(at) };
};

/** Kafka's own OffsetCommitValue: in every version the offset follows the version. */
export const readCommitOffset = (value: Buffer): bigint => value.readBigInt64BE(2);

/** Starts to read; `commits` grows from then on. A group's commits are all in one partition, so their order is theirs. */
export const readCommits = async (
  kafka: Kafka,
  { groupId, topic }: { readonly groupId: string; readonly topic: string },
): Promise<{ readonly commits: readonly Commit[]; readonly reader: TopicReader }> => {
  const commits: Commit[] = [];
  const reader = await readTopic(kafka, {
    topic: '__consumer_offsets',
    groupId: `${groupId}.commit-auditor`,
    onMessage: ({ key, value, timestamp }) => {
      const place = key === null ? undefined : readCommitKey(key);
      if (place?.groupId !== groupId || place.topic !== topic || value === null) return;
      commits.push({
        partition: place.partition,
        offset: readCommitOffset(value),
        writtenAt: Number(timestamp),
      });
    },
  });
  return { commits, reader };
};
