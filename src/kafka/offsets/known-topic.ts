/** Whether the topic is still the one that the positions belong to. */
import { within } from '../../runtime/deadline.ts';
import type { Logger } from '../../runtime/logger.ts';
import { messageOf } from '../client/client.ts';
import type { CommittedEntry, OffsetReader } from './offset-reader.ts';
import { decodeOffsetMetadata } from './offset-metadata.ts';

/** Nobody waits longer: a change of the topic can be found later, too. */
const WITHIN_MS = 3000;

export interface KnownTopicOptions {
  readonly reader: Pick<OffsetReader, 'topicId'>;
  readonly logger: Logger;
}

export interface KnownTopic {
  /** Undefined where the id can’t be known in time. Never rejects. */
  findId(): Promise<string | undefined>;
  /** Undefined where no pod has written it. */
  committedId(committed: ReadonlyMap<number, CommittedEntry>): string | undefined;
}

export function createKnownTopic({ reader, logger }: KnownTopicOptions): KnownTopic {
  async function findId(): Promise<string | undefined> {
    try {
      return await within(reader.topicId(), { limitMs: WITHIN_MS });
    } catch (error) {
      logger.debug({ error: messageOf(error) }, 'the topic’s id could not be read');
      return undefined;
    }
  }

  return {
    findId,
    committedId(committed) {
      const ids = [...committed.values()].map(({ metadata }) => decodeOffsetMetadata(metadata).topicId);
      return ids.find((id) => id !== undefined);
    },
  };
}
