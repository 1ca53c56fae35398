/**
 * `explain FILE`: one event through every stage, by these rules: what was asked, with which values, and what would have
 * had to differ. The event comes from a file, from a recording, or from the decision topic.
 */
import type { Explanation } from '../../replay/explain/explanation.ts';
import { explainRefused } from '../../replay/explain/explain.ts';
import { explainGiven } from '../../replay/explain/explain-given.ts';
import { explainRecorded, type RecordedUser } from '../../replay/explain/explain-recorded.ts';
import { countText } from '../../replay/explain/words.ts';
import { parseMerchants } from '../../rules/document/merchants.ts';
import type { FindMerchant } from '../../pipeline/ports.ts';
import { readGivenFile } from './explanation/given-file.ts';
import { explanationLines } from './explanation/lines.ts';
import { userOfRecording, userOfTopic } from './explanation/recorded-user.ts';
import { KAFKA_VARIABLES, kafkaConnection } from '../kafka-settings.ts';
import { readSettings } from '../settings.ts';
import type { CommandContext, ExitCode } from './ports.ts';
import { explainReadError, formatProblem, readRulesFile, readText, type RulesFile } from './rules-file.ts';

export interface ExplainOptions {
  readonly event?: string;
  readonly only?: string;
  readonly at?: string;
  readonly merchants?: string;
  readonly recording?: string;
  readonly eventId?: string;
  readonly user?: string;
  /** Epoch ms. */
  readonly since?: number;
  readonly coupon?: string;
  readonly nothingBefore?: boolean;
  readonly json?: true;
}

type Found = Explanation | ExitCode;

export async function explain(
  file: string,
  options: ExplainOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { say, complain, progress } = context;
  const problem = whatIsMissing(options);
  if (problem !== undefined) {
    complain(problem);
    return 1;
  }
  const rules = await readRulesFile(file, context);
  if (rules === undefined) return 1;
  let found: Found;
  try {
    found = await explainWith(rules, options, context);
  } catch (error) {
    complain(explainReadError(error));
    return 1;
  } finally {
    progress?.('');
  }
  if (typeof found === 'number') return found;
  const { coupon: couponId } = options;
  if (couponId !== undefined && !found.coupons.some((one) => one.couponId === couponId)) {
    complain(
      `no coupon ${couponId} was judged; there are ${found.coupons.map((one) => one.couponId).join(', ')}`,
    );
    return 1;
  }
  if (options.json === true) say(JSON.stringify(found, undefined, 2));
  else for (const line of explanationLines(found, { file, couponId })) say(line);
  return 0;
}

function whatIsMissing({ event, recording, eventId, user }: ExplainOptions): string | undefined {
  if (event !== undefined && recording !== undefined) return '--event or --recording, not both';
  if (event !== undefined) return undefined;
  if (eventId === undefined)
    return 'which event? --event FILE, or --event-id ID with --recording FILE or --user ID';
  if (recording === undefined && user === undefined)
    return '--event-id from the decision topic needs --user ID';
  return undefined;
}

function explainWith(rules: RulesFile, options: ExplainOptions, context: CommandContext): Promise<Found> {
  if (options.event !== undefined) return explainFile(options.event, rules, options, context);
  if (options.recording !== undefined) return explainRecording(options.recording, rules, options, context);
  return explainFromTopic(rules, options, context);
}

async function explainFile(
  file: string,
  { document, rules }: RulesFile,
  options: ExplainOptions,
  context: CommandContext,
): Promise<Found> {
  const findMerchant = await readMerchants(options.merchants, context);
  if (findMerchant === 'unusable') return 1;
  const read = await readGivenFile(file, options, findMerchant, context);
  switch (read?.kind) {
    case undefined:
      return 1;
    case 'refused':
      return explainRefused(rules, read);
    case 'given':
      return (await explainGiven(document, rules.hash, read.given, read.notes)).explanation;
    case 'recorded': {
      const ids = new Set(read.lines.map(({ eventId }) => eventId));
      const eventId = options.eventId ?? (ids.size === 1 ? [...ids][0] : undefined);
      if (eventId === undefined) {
        context.complain(`${file} has ${String(ids.size)} events: name one by --event-id`);
        return 1;
      }
      const userId = read.lines.find((line) => line.eventId === eventId)?.userId;
      const lines = read.lines.filter((line) => line.userId === userId);
      const recorded = { lines, beganMs: undefined, unreadable: read.unreadable };
      return explainFrom(recorded, { ...options, eventId }, { document, rules }, context, file);
    }
  }
}

async function explainRecording(
  file: string,
  rules: RulesFile,
  options: ExplainOptions,
  context: CommandContext,
): Promise<Found> {
  const { eventId = '', user: userId } = options;
  const recorded = await userOfRecording(file, { eventId, userId });
  return explainFrom(recorded, options, rules, context, file);
}

async function explainFromTopic(
  rules: RulesFile,
  options: ExplainOptions,
  context: CommandContext,
): Promise<Found> {
  const { user = '', since = 0 } = options;
  const settings = readSettings([...KAFKA_VARIABLES, 'KAFKA_DECISION_TOPIC'] as const, context);
  if (settings === undefined) return 78;
  const { KAFKA_DECISION_TOPIC: topic } = settings;
  if (topic === undefined) {
    context.complain('KAFKA_DECISION_TOPIC: required, but not set');
    return 78;
  }
  const recorded = await userOfTopic(user, {
    connection: kafkaConnection(settings, 'explain'),
    topic,
    sinceMs: since,
    onProgress: (done, of) =>
      context.progress?.(`read ${done.toLocaleString('en')} of ${of.toLocaleString('en')} records`),
  });
  return explainFrom(recorded, options, rules, context, `${topic}, of ${user}`);
}

async function explainFrom(
  recorded: RecordedUser,
  { eventId = '', nothingBefore = false }: ExplainOptions,
  { document, rules }: Pick<RulesFile, 'document' | 'rules'>,
  { complain }: CommandContext,
  where: string,
): Promise<Found> {
  const found = await explainRecorded(document, rules.hash, eventId, { ...recorded, nothingBefore });
  if (found !== undefined) return found;
  const { unreadable } = recorded;
  const perhaps =
    unreadable > 0 ? ` ${countText(unreadable, 'record')} could not be read, perhaps it is there.` : '';
  complain(
    `${where}: there is no decision on event ${eventId}.${perhaps} Decisions are recorded of DECISION_SAMPLE_PERCENT of the users, and kept as long as the topic keeps its records; an event that is not valid has none`,
  );
  return 1;
}

async function readMerchants(
  file: string | undefined,
  context: CommandContext,
): Promise<FindMerchant | undefined | 'unusable'> {
  if (file === undefined) return undefined;
  const text = await readText(file, context);
  if (text === undefined) return 'unusable';
  const parsed = parseMerchants(text);
  if (parsed.ok) return (merchantId) => parsed.merchants.find(merchantId);
  for (const problem of parsed.problems) context.say(formatProblem(file, problem));
  context.complain(`${file}: is no merchants document`);
  return 'unusable';
}
