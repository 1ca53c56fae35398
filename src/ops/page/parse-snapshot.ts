/**
 * What another pod has noted of itself, read with distrust: it may be of another version, and Redis is anybody's to
 * write. The page is made of all pods' notes at once, so one that is odd would take the page from every pod.
 */
import { z } from 'zod';
import { tableOf } from './counters.ts';
import { FORM, type PodSnapshot } from './snapshot.ts';

/** JSON has no other numbers; one that overflows is none. */
const number = z.number();
const numberOrNull = number.nullable();
const text = z.string();
const textOrNull = text.nullable();
const texts = z.array(text);
const instant = text.refine((value) => !Number.isNaN(Date.parse(value)));
/** Versions differ in their reasons, so each name is read apart. */
const table = z.record(text, z.unknown());

const partition = z.object({
  ...{ topic: text, partition: number, lag: numberOrNull, inFlight: number, fault: text.exactOptional() },
  ...{ behindSeconds: numberOrNull, etaSeconds: numberOrNull },
});
const document = z.object({
  ...{ version: textOrNull, hash: textOrNull, loadedAt: instant.nullable(), lastError: textOrNull },
});

const schema = z.object({
  form: z.literal(FORM),
  ...{ pod: text, life: text, version: text, lane: text, dryRun: z.boolean(), uptimeSeconds: number },
  condition: z.enum(['ok', 'degraded', 'stalled']),
  ...{ away: texts, reasons: texts, notReady: texts, warnings: texts },
  waiting: z.array(z.object({ for: text, events: number, oldestSeconds: number })),
  ...{ inFlight: number, counts: table, rates: table, deadLetteredAtMs: z.record(text, number) },
  ...{ partitions: z.array(partition), partitionCount: number, lag: number },
  ...{ rules: document, merchants: document.nullable() },
  killSwitch: z.object({
    ...{ document: z.boolean(), flag: z.boolean() },
    set: z.object({ why: text, by: textOrNull, since: textOrNull }).nullable(),
  }),
  couponApi: z.object({
    ...{ inFlight: number, breaker: z.enum(['closed', 'open', 'half_open']) },
    ...{ p50Ms: numberOrNull, p99Ms: numberOrNull },
  }),
  pushApi: z.object({
    ...{ inFlight: number, recentCalls: number, recentFailures: number, lastError: textOrNull },
  }),
  queue: z.object({ waiting: number, active: number, delayed: number, failed: number }),
  logLinesDropped: number,
});

/**
 * @returns undefined where the text is none that this version can read whole; what it does not know is left out, and a
 * count that is no number is 0. Never throws.
 */
export function parseSnapshot(noted: string): PodSnapshot | undefined {
  let json: unknown;
  try {
    json = JSON.parse(noted);
  } catch {
    return undefined;
  }
  const { data } = schema.safeParse(json);
  if (data === undefined) return undefined;
  const tableOfNumbers = (values: typeof data.counts): PodSnapshot['counts'] =>
    tableOf((name) => (typeof values[name] === 'number' ? values[name] : 0));
  return { ...data, counts: tableOfNumbers(data.counts), rates: tableOfNumbers(data.rates) };
}
