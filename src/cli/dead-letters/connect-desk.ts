/** The dead-letter topic and its ledger in Kafka. Neither joins a group, and only who takes the pen writes anything. */
import { openTopicReader, type TopicReader } from '../../kafka/fetch/topic-reader.ts';
import type { KafkaConnection } from '../../kafka/client/client.ts';
import { openTopicAdmin, type TopicAdmin } from '../../kafka/producers/topic-admin.ts';
import { openTransactions, type Transactions } from '../../kafka/producers/transactions.ts';
import { silentLogger as logger } from '../silent-logger.ts';
import { createActions } from './actions.ts';
import { createMarks, type LedgerRecord } from './ledger.ts';
import type { Desk } from './ports.ts';

export function ledgerTopicOf(topic: string): string {
  return `${topic}.ledger`;
}

export interface Openers {
  readonly openReader: typeof openTopicReader;
  readonly openAdmin: typeof openTopicAdmin;
}

/**
 * @param openers others than Kafka's own, for tests.
 * @throws Error where Kafka can't be reached or read, or there is no such topic. Nothing stays open then.
 */
export async function connectDesk(
  connection: KafkaConnection,
  topic: string,
  { openReader, openAdmin }: Openers = { openReader: openTopicReader, openAdmin: openTopicAdmin },
): Promise<Desk> {
  const letters = await openReader({ connection, topic, logger });
  let admin: TopicAdmin | undefined;
  try {
    admin = await openAdmin(connection, logger);
    // Brokers before 2.8 know no ids: there a topic that was made anew is taken for the old one.
    const topicId = (await letters.topicId()) ?? 'no-id';
    return deskAt(connection, topic, { letters, admin, topicId, openReader });
  } catch (error) {
    await Promise.all([letters.close(), admin?.close()]);
    throw error;
  }
}

interface Opened extends Pick<Openers, 'openReader'> {
  readonly letters: TopicReader;
  readonly admin: TopicAdmin;
  readonly topicId: string;
}

function deskAt(
  connection: KafkaConnection,
  topic: string,
  { letters, admin, topicId, openReader }: Opened,
): Desk {
  const ledgerTopic = ledgerTopicOf(topic);
  const marks = createMarks(topicId);
  const actions = createActions();
  let ledger: TopicReader | undefined;
  let readTo = 0;
  let pen: Transactions | undefined;

  const take = (record: LedgerRecord): void => {
    marks.take(record);
    actions.take(record);
  };

  async function look(): Promise<void> {
    if (ledger === undefined) {
      if ((await admin.partitionsOf(ledgerTopic)) === undefined) return;
      ledger = await openReader({ connection, topic: ledgerTopic, logger });
    }
    const [whole] = await ledger.span(0, undefined);
    if (whole === undefined) return;
    const span = { partition: 0, from: Math.max(whole.from, readTo), to: whole.to };
    for await (const { key, value } of ledger.read(span)) {
      if (key !== null) take({ key: key.toString(), value: value?.toString() ?? null });
    }
    readTo = Math.max(readTo, span.to);
  }

  async function dropPen(): Promise<void> {
    const dropped = pen;
    pen = undefined;
    await dropped?.close();
  }

  return {
    ...{ topic, marks, actions, look },
    span: (sinceMs) => letters.span(sinceMs, undefined),
    read: (span) => letters.read(span),
    partitionsOf: (name) => admin.partitionsOf(name),
    async takePen() {
      await dropPen();
      await admin.ensureCompacted(ledgerTopic);
      pen = await openTransactions(connection, `coupon-notifier.${topic}`, logger);
      await look();
    },
    async commit(records, added) {
      if (pen === undefined) throw new Error('nothing may be written without the pen');
      const beside = added.map(({ key, value }) => ({ topic: ledgerTopic, partition: 0, key, value }));
      try {
        await pen.commit([...records, ...beside]);
      } catch (error) {
        await dropPen();
        throw error;
      }
      for (const record of added) take(record);
    },
    async close() {
      await Promise.all([dropPen(), letters.close(), ledger?.close(), admin.close()]);
    },
  };
}
