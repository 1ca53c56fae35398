/**
 * Reads a broker’s answers ourselves where kafkajs 2.2.4 loses what they say. The one place that knows kafkajs’s way
 * from a request to its answer. A broker looks up the newest version of a request that both know, which gives the
 * request and the reader of its answer. Here only the reader is another.
 */
import type { Broker } from 'kafkajs';

/** A request as it goes out, and how its answer is read. */
export interface Exchange {
  readonly request: { readonly apiName: string; readonly apiVersion: number };
  readonly response: {
    decode(answer: Buffer): Promise<unknown>;
    /** Reads what was decoded. Throws what the answer says is wrong. */
    parse(decoded: never): Promise<unknown>;
  };
}

type MakeExchange = (...args: unknown[]) => Exchange;
type LookUp = (apiKey: number, definitions: unknown) => MakeExchange;

/**
 * The same broker; its answers are read by what `read` makes of each exchange.
 * @throws Error where kafkajs reads its answers in another way.
 */
export function withOwnAnswers(broker: Broker, read: (exchange: Exchange) => Exchange): Broker {
  const lookUp: unknown = Reflect.get(broker, 'lookupRequest');
  if (typeof lookUp !== 'function') {
    throw new Error('kafkajs looks its requests up elsewhere than it did');
  }
  const lookUpOwn: LookUp = (apiKey, definitions) => {
    const make = (lookUp as LookUp).call(broker, apiKey, definitions);
    return (...args) => read(make(...args));
  };
  return Object.create(broker, { lookupRequest: { value: lookUpOwn } }) as Broker;
}
