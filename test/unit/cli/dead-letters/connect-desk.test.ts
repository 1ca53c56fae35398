/** What a desk has opened is closed where it can't be opened whole: a connection left open keeps the command alive. */
import { beforeEach, expect, it } from 'vitest';
import { connectDesk, type Openers } from '../../../../src/cli/dead-letters/connect-desk.ts';
import type { TopicReader } from '../../../../src/kafka/fetch/topic-reader.ts';
import type { TopicAdmin } from '../../../../src/kafka/producers/topic-admin.ts';

let open: string[];
beforeEach(() => {
  open = [];
});

const CONNECTION = { brokers: ['broker:9092'], clientId: 'test' };

const opened = (name: string, more: object): unknown => {
  open.push(name);
  return { ...more, close: async () => void open.splice(open.indexOf(name), 1) };
};
const fail = async (): Promise<never> => {
  throw new Error('not authorized');
};

function openers({ admin = false, topicId = false }): Openers {
  return {
    openReader: async () =>
      opened('letters', { topicId: topicId ? fail : async () => undefined }) as TopicReader,
    openAdmin: admin ? fail : async () => opened('admin', {}) as TopicAdmin,
  };
}

it.each([{ admin: true }, { topicId: true }])('%j fails: nothing stays open', async (failing) => {
  await expect(connectDesk(CONNECTION, 'letters', openers(failing))).rejects.toThrow('not authorized');
  expect(open).toEqual([]);
});

it('closes all that it has opened', async () => {
  const desk = await connectDesk(CONNECTION, 'letters', openers({}));
  expect(open).toEqual(['letters', 'admin']);
  await desk.close();
  expect(open).toEqual([]);
});
