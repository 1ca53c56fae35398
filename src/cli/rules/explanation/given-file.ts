/**
 * What `--event FILE` names: an event as producers send it, a situation as an example writes it, one of the examples of a
 * file, or what decisions saw. What a file leaves out is said, and never made up.
 */
import type { RecordingLine } from '../../../domain/decision.ts';
import type { RecordPiece } from '../../../domain/record.ts';
import { readDecision } from '../../../domain/read-decision.ts';
import { validate } from '../../../pipeline/steps/validate.ts';
import { readExamples, readSituation } from '../../../replay/examples/read-examples.ts';
import { readMoment } from '../../../replay/examples/moment.ts';
import type { Given } from '../../../replay/explain/explain-given.ts';
import { valueText } from '../../../replay/explain/words.ts';
import { EVENT_FIELDS } from '../../../domain/event.ts';
import type { Outcome } from '../../../domain/outcome.ts';
import { readYaml } from '../../../rules/document/yaml-source.ts';
import { asRecord } from '../../../runtime/as-record.ts';
import type { CommandContext } from '../ports.ts';
import { loaderBeside, readText, sayProblems } from '../rules-file.ts';
import { matchesName } from '../match-name.ts';

export type GivenFile =
  | { readonly kind: 'given'; readonly given: Given; readonly notes: readonly string[] }
  | {
      readonly kind: 'refused';
      readonly eventId: string;
      readonly userId: string | undefined;
      readonly outcome: Outcome;
    }
  | {
      readonly kind: 'recorded';
      readonly lines: readonly RecordingLine[];
      /** Lines that could not be read. */
      readonly unreadable: number;
    };

export interface GivenOptions {
  /** When the event is decided, as an example writes it. */
  readonly at?: string;
  /** Of a file of examples: part of the name of one; `*` stands for anything. */
  readonly only?: string;
}

type FindMerchant = Given['findMerchant'];
type Fields = Readonly<Record<string, unknown>>;

const MAX_EVENT_AGE_MS = 15 * 60_000;
const NO_PUSHES = 'No earlier pushes are given: the caps are asked as if there were none.';
const NO_MERCHANTS = 'No merchants are given (--merchants FILE): nothing is known of any.';

/** @param findMerchant of `--merchants`; undefined: not given. @returns undefined after saying what is wrong. */
export async function readGivenFile(
  file: string,
  options: GivenOptions,
  findMerchant: FindMerchant | undefined,
  context: CommandContext,
): Promise<GivenFile | undefined> {
  const text = await readText(file, context);
  if (text === undefined) return undefined;
  const recorded = readLines(text);
  if (recorded !== undefined) return { kind: 'recorded', ...recorded };
  const { source } = readYaml(text);
  const fields = asRecord(source?.data);
  const asked: Asked = { file, text, options, findMerchant, context };
  if (Array.isArray(fields['examples'])) return fromExamples(asked);
  if (Object.keys(fields).some((key) => EVENT_FIELDS.has(key))) return fromEvent(fields, asked);
  return fromSituation(fields, asked);
}

interface Asked {
  readonly file: string;
  readonly text: string;
  readonly options: GivenOptions;
  readonly findMerchant: FindMerchant | undefined;
  readonly context: CommandContext;
}

/** @returns undefined where the first line is no record of the decision topic. */
function readLines(
  text: string,
): { readonly lines: readonly RecordingLine[]; readonly unreadable: number } | undefined {
  const written = text.split('\n').filter((line) => line.trim() !== '');
  const read = written.map(readDecision);
  if (read[0]?.ok !== true) return undefined;
  const lines = read.flatMap((one) => (one.ok ? [one.record] : []));
  return { lines, unreadable: read.length - lines.length };
}

function fromExamples({ file, text, options, context }: Asked): GivenFile | undefined {
  const read = readExamples(text, loaderBeside(file));
  if (!read.ok) {
    sayProblems(file, read.problems, context);
    return undefined;
  }
  const found = read.examples.filter(({ name }) => matchesName(name, options.only));
  const [one] = found;
  if (one !== undefined && found.length === 1) return { kind: 'given', given: one.given, notes: [] };
  context.complain(`${file}: ${String(found.length)} examples are meant; name one by --only, such as`);
  for (const { name } of (found.length === 0 ? read.examples : found).slice(0, 10))
    context.complain(`  ${name}`);
  return undefined;
}

function fromSituation(fields: Fields, asked: Asked): GivenFile | undefined {
  const { file, text, options, findMerchant, context } = asked;
  const { occurredAt } = asRecord(fields['event']);
  const at = options.at ?? (typeof occurredAt === 'string' ? occurredAt : undefined);
  const read = readSituation(text, loaderBeside(file), at);
  if (!read.ok) {
    sayProblems(file, read.problems, context);
    return undefined;
  }
  const { given, hasCoupons, hasPushes } = read;
  return {
    kind: 'given',
    given: {
      ...given,
      coupons: hasCoupons ? given.coupons : undefined,
      findMerchant: (merchantId) => given.findMerchant(merchantId) ?? findMerchant?.(merchantId),
    },
    notes: hasPushes ? [] : [NO_PUSHES],
  };
}

/** As it would come from Kafka. */
function fromEvent(fields: Fields, { options, findMerchant, context }: Asked): GivenFile | undefined {
  const { occurredAt } = fields;
  const written = options.at ?? (typeof occurredAt === 'string' ? occurredAt : '');
  const nowMs = readMoment(written, Date.now());
  if (nowMs === undefined && options.at !== undefined) {
    context.complain(`--at: expected a moment such as 2026-11-24T11:00:00Z, found ${options.at}`);
    return undefined;
  }
  const validated = validate({ ...A_PIECE, content: { kind: 'json', value: fields } }, nowMs ?? Date.now());
  if (!validated.ok) {
    const { eventId, userId, reason, error } = validated;
    return { kind: 'refused', eventId, userId, outcome: { kind: 'dead_lettered', reason, error } };
  }
  const { event } = validated;
  const counts = (field: 'timeZone' | 'locale', what: string): readonly string[] =>
    typeof fields[field] === 'string' && event[field] === undefined
      ? [`${field} ${valueText(fields[field])} is no ${what}: it counts as unknown.`]
      : [];
  return {
    kind: 'given',
    given: {
      ...{ event, coupons: undefined, pushes: [], maxEventAgeMs: MAX_EVENT_AGE_MS },
      nowMs: nowMs ?? event.occurredAtMs,
      findMerchant: findMerchant ?? (() => undefined),
    },
    notes: [
      ...(options.at === undefined ? ['Decided when it occurred; --at says another moment.'] : []),
      ...(typeof fields['trigger'] === 'string' ? [] : ['No trigger is given: it counts as enter.']),
      ...counts('timeZone', 'time zone'),
      ...counts('locale', 'language'),
      NO_PUSHES,
      ...(findMerchant === undefined ? [NO_MERCHANTS] : []),
      `MAX_EVENT_AGE_MS of the pods is taken for ${String(MAX_EVENT_AGE_MS)}, the default.`,
    ],
  };
}

const A_PIECE: Omit<RecordPiece, 'content'> = {
  source: { topic: 'event', partition: 0, offset: '0', index: 0 },
  envelope: { key: null, headers: {} },
  bytes: null,
  unpacked: false,
};
