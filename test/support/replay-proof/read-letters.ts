/** What lies in the two topics after a replay, as readers of committed records see it. */
import { readLetter, type Letter } from '../../../src/cli/dead-letters/letter.ts';
import type { FetchedMessage } from '../../../src/kafka/fetch/fetched-records.ts';
import { openTopicReader } from '../../../src/kafka/fetch/topic-reader.ts';
import { silentLogger } from '../silent-logger.ts';

export interface PlacedMessage {
  readonly partition: number;
  readonly message: FetchedMessage;
}

export async function readCommitted(brokers: readonly string[], topic: string): Promise<PlacedMessage[]> {
  const connection = { brokers, clientId: 'proof' };
  const reader = await openTopicReader({ connection, topic, logger: silentLogger });
  try {
    const found: PlacedMessage[] = [];
    for (const span of await reader.span(0, undefined)) {
      for await (const message of reader.read(span)) found.push({ partition: span.partition, message });
    }
    return found;
  } finally {
    await reader.close();
  }
}

export async function readLetters(brokers: readonly string[], topic: string): Promise<Letter[]> {
  const all = await readCommitted(brokers, topic);
  return all.flatMap(({ partition, message }) => readLetter(message, partition) ?? []);
}

export function headerOf({ message }: PlacedMessage, name: string): string | undefined {
  const header = message.headers[name];
  return header === undefined || header === null ? undefined : String(header);
}

/** Of names and values. */
export function headerBytes({ headers }: Letter): number {
  return Object.entries(headers).reduce(
    (sum, [name, value]) => sum + name.length + [value].flat().reduce((all, one) => all + one.length, 0),
    0,
  );
}
