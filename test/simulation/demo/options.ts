/** The demo's command line. */
import { parseArgs } from 'node:util';
import { readOrigins } from '../services/origins.ts';
import type { Origin } from '../services/service.ts';

export interface DemoOptions {
  readonly events: number;
  readonly pods: number;
  readonly seed: number;
  /** Events a second. */
  readonly rate: number;
  /** Share of the calls of each partner API that fail; undefined: now and then. */
  readonly failRate: number | undefined;
  /** Which document pods decide by; undefined: rules/default.yaml. */
  readonly rules: string | undefined;
  /** Kill -9 a pod at three random moments. */
  readonly kill: boolean;
  readonly json: string | undefined;
  /** Where a recording of the run's decisions goes. */
  readonly record: string | undefined;
  /** Where goes what `why` says of five users. */
  readonly why: string | undefined;
  readonly keep: boolean;
  /** Where services may come from; undefined: what SERVICE_ORIGINS says, else anywhere. */
  readonly origins: readonly Origin[] | undefined;
}

export const USAGE = `npm run demo -- [options]

  --events N      events to play (20000)
  --pods N        pods to run (2)
  --seed N        whose city it is; the same seed plays the same events (1)
  --rate N        events a second (so that it takes about 25 s)
  --fail-rate X   share of partner calls that fail, 0 to 0.9 (now and then)
  --rules FILE    the rules that pods decide by (rules/default.yaml)
  --kill          kill -9 a pod at three random moments, and start it again
  --json FILE     write everything that was found to FILE
  --record FILE   record what every decision saw, for rules simulate; packed where the name ends in .gz
  --why FILE      write what \`why\` says of five users, one of each fate, to FILE
  --keep          leave services and pods running until Ctrl-C
  --origins LIST  where Kafka, Redis and S3 may come from: given (the environment's addresses), docker,
                  local (Java and Maven), in that order (what SERVICE_ORIGINS says, else all three)
`;

const PLAY_SECONDS = 25;
const SLOWEST = 200;
const FASTEST = 2500;

export const readNumber = (
  name: string,
  text: string | undefined,
  min: number,
  max: number,
): number | undefined => {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && value >= min && value <= max) return value;
  throw new Error(`--${name}: expected a number from ${min} to ${max}, not ${JSON.stringify(text)}`);
};

export const readWhole = (
  name: string,
  text: string | undefined,
  min: number,
  max: number,
): number | undefined => {
  const value = readNumber(name, text, min, max);
  if (value === undefined || Number.isInteger(value)) return value;
  throw new Error(`--${name}: expected a whole number, not ${value}`);
};

/** @throws Error with a message for a person. `help` was asked for: undefined. */
export const readOptions = (args: readonly string[]): DemoOptions | undefined => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      events: { type: 'string' },
      pods: { type: 'string' },
      seed: { type: 'string' },
      rate: { type: 'string' },
      'fail-rate': { type: 'string' },
      rules: { type: 'string' },
      kill: { type: 'boolean', default: false },
      json: { type: 'string' },
      record: { type: 'string' },
      why: { type: 'string' },
      keep: { type: 'boolean', default: false },
      origins: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const events = readWhole('events', values.events, 1, 10_000_000) ?? 20_000;
  const natural = Math.min(FASTEST, Math.max(SLOWEST, Math.round(events / PLAY_SECONDS)));
  return {
    events,
    pods: readWhole('pods', values.pods, 1, 32) ?? 2,
    seed: readWhole('seed', values.seed, 0, Number.MAX_SAFE_INTEGER) ?? 1,
    rate: readNumber('rate', values.rate, 1, 1_000_000) ?? natural,
    failRate: readNumber('fail-rate', values['fail-rate'], 0, 0.9),
    rules: values.rules,
    kill: values.kill,
    json: values.json,
    record: values.record,
    why: values.why,
    keep: values.keep,
    origins: readOrigins(values.origins, '--origins'),
  };
};
