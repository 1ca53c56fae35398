/** The engine with work of the benchmark's own, for a process that measures it alone. */
import { createConsumer, type EventConsumer } from '../../../src/kafka/consumer.ts';
import type { Ordering } from '../../../src/stream/partition/event-keys.ts';
import type { EventHandler } from '../../../src/domain/event-work.ts';
import { consumerDefaults } from '../../support/kafka/consumer-defaults.ts';
import { systemClock as clock } from '../../../src/runtime/clock.ts';

export interface EngineOptions {
  readonly brokers: string;
  readonly topic: string;
  readonly groupId: string;
  readonly ordering: Ordering;
  readonly maxRunningEvents: number;
  readonly handleEvent: EventHandler;
}

/** Everything else as in a pod with its defaults. */
export function startEngine(options: EngineOptions): EventConsumer {
  const { brokers, groupId, ...rest } = options;
  const ignore = (): void => undefined;
  const consumer = createConsumer({
    ...consumerDefaults,
    commitIntervalMs: 1000,
    ...rest,
    groupId,
    connection: { brokers: brokers.split(','), clientId: groupId },
    clock,
    logger: { debug: ignore, info: ignore, warn: ignore, error: (fields) => console.error(fields) },
    meter: {
      commit: ignore,
      rebalanced: ignore,
      passedOver: ignore,
      offsetsLost: ignore,
      positionReset: ignore,
    },
    onFatal: (error) => {
      throw error;
    },
  });
  consumer.start();
  return consumer;
}

/** The user of a benchmark's event. */
export function userOf(content: { readonly kind: string; readonly value?: unknown }): string {
  const { value } = content;
  return typeof value === 'object' && value !== null ? String(Reflect.get(value, 'userId')) : '';
}
