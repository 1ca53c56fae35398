/** The command line of chaos. */
import { parseArgs } from 'node:util';
import { readNumber, readWhole } from '../demo/options.ts';
import { FAULT_KINDS, type FaultKind } from './fault-kinds.ts';

export interface ChaosOptions {
  readonly minutes: number;
  readonly pods: number;
  readonly seed: number;
  /** With three, faults may hit one of them. */
  readonly brokers: 1 | 3;
  /** Events a second. */
  readonly rate: number;
  /** Undefined: every kind of fault. */
  readonly only: readonly FaultKind[] | undefined;
  readonly json: string | undefined;
  /** Where a recording of the run's decisions goes. */
  readonly record: string | undefined;
  /** No faults, but measurements of what must not grow. */
  readonly soak: boolean;
  readonly redis: 'always' | 'everysec';
}

export const USAGE = `npm run chaos -- [options]

  --minutes N     how long events are played (10)
  --pods N        pods to run (3)
  --seed N        whose city and which faults; the same seed, minutes and pods repeat both (1)
  --rate N        events a second (120)
  --brokers N     1, or 3: then leaders move, and a pod may lose sight of one broker (3)
  --only A,B      only these faults: ${FAULT_KINDS.slice(0, 5).join(', ')},
${FAULT_KINDS.slice(5)
  .reduce<string[]>((lines, kind) => {
    const last = lines.at(-1);
    if (last !== undefined && last.length + kind.length < 72) lines[lines.length - 1] = `${last}, ${kind}`;
    else lines.push(kind);
    return lines;
  }, [])
  .map((line) => `                  ${line}`)
  .join(',\n')}
  --no-kills      leaves out the faults that kill something
  --redis WHEN    when Redis writes to disk: always, or everysec (always): with everysec its host
                  dies once with what was not written yet, and the run says what that costs
  --soak          no faults; says whether memory, handles and the event loop's delay stay as they are
  --json FILE     write everything that was found to FILE
  --record FILE   record what every decision saw, for rules simulate; packed where the name ends in .gz

Its services are processes of this machine, to be killed and frozen: Java 17 or newer and Maven.
`;

const readKinds = (text: string | undefined): readonly FaultKind[] | undefined => {
  if (text === undefined) return undefined;
  const asked = text.split(',').map((name) => name.trim());
  const unknown = asked.filter((name) => !FAULT_KINDS.some((kind) => kind === name));
  if (unknown.length > 0)
    throw new Error(`--only: ${unknown.join(', ')} is none of ${FAULT_KINDS.join(', ')}`);
  return FAULT_KINDS.filter((kind) => asked.includes(kind));
};

const withoutKills = (kinds: readonly FaultKind[] = FAULT_KINDS): readonly FaultKind[] =>
  kinds.filter((kind) => !kind.endsWith('-kill'));

/** @throws Error with a message for a person. `help` was asked for: undefined. */
export const readOptions = (args: readonly string[]): ChaosOptions | undefined => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string' },
      pods: { type: 'string' },
      seed: { type: 'string' },
      rate: { type: 'string' },
      brokers: { type: 'string', default: '3' },
      only: { type: 'string' },
      'no-kills': { type: 'boolean', default: false },
      redis: { type: 'string', default: 'always' },
      soak: { type: 'boolean', default: false },
      json: { type: 'string' },
      record: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const { redis, brokers } = values;
  if (brokers !== '1' && brokers !== '3')
    throw new Error(`--brokers: expected 1 or 3, not ${JSON.stringify(brokers)}`);
  if (redis !== 'always' && redis !== 'everysec')
    throw new Error(`--redis: expected always or everysec, not ${JSON.stringify(redis)}`);
  return {
    minutes: readNumber('minutes', values.minutes, 1, 24 * 60) ?? 10,
    pods: readWhole('pods', values.pods, 1, 16) ?? 3,
    seed: readWhole('seed', values.seed, 0, Number.MAX_SAFE_INTEGER) ?? 1,
    brokers: brokers === '1' ? 1 : 3,
    rate: readNumber('rate', values.rate, 1, 100_000) ?? 120,
    only: values['no-kills'] ? withoutKills(readKinds(values.only)) : readKinds(values.only),
    redis,
    soak: values.soak,
    json: values.json,
    record: values.record,
  };
};
