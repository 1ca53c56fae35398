/** `why`: what the service knows of one user, asked of Redis, and of Kafka and S3 where they are named. */
import type { Cap } from '../../domain/cap.ts';
import { cooldownPrefix } from '../../claims/claims.ts';
import { createOpenPushes } from '../../claims/open-pushes.ts';
import { createUserReader } from '../../claims/read-user.ts';
import { redisAddress, REDIS_VARIABLES } from '../../config/redis-address.ts';
import { openTopicReader } from '../../kafka/fetch/topic-reader.ts';
import { createQueuedJobs } from '../../push/queued-job.ts';
import type { RedisClient } from '../../redis/connection.ts';
import { errorText } from '../../runtime/error-text.ts';
import type { CommandLine } from '../command.ts';
import { connectRedis } from '../connect-redis.ts';
import { KAFKA_VARIABLES, kafkaConnection } from '../kafka-settings.ts';
import { liveRules } from '../live-documents.ts';
import { readSettings } from '../settings.ts';
import { silentLogger } from '../silent-logger.ts';
import { gather } from './gather.ts';
import { readOutcomes, type RecentOutcomes } from './outcomes.ts';
import { inWords } from './words.ts';

export interface WhyOptions {
  readonly user: string;
  readonly event?: string;
  readonly limit: number;
  readonly json?: true;
}

/** Of the three seconds that a person waits. */
const OUTCOMES_WITHIN_MS = 1800;
const OPEN_WITHIN_MS = 1000;

type Asked<T> = { readonly found: T } | { readonly unknown: string };

export async function why(options: WhyOptions, line: CommandLine): Promise<0 | 1 | 78> {
  const { user: userId, event: eventId } = options;
  const settings = readSettings([...REDIS_VARIABLES, 'DRY_RUN'], line);
  if (settings === undefined) return 78;
  const prefix = cooldownPrefix(settings.REDIS_PREFIX, settings.DRY_RUN);
  const [{ redis, close }, outcomes, caps] = await Promise.all([
    connectRedis(redisAddress(settings), 'why'),
    askOutcomes(options, line),
    askCaps(line),
  ]);
  const jobs = createQueuedJobs({ redis, prefix, logger: silentLogger });
  try {
    const openEvents = eventId === undefined ? await openEventsOf(redis, prefix, userId) : [];
    const known = await gather(
      { userId, eventId },
      {
        user: createUserReader({ redis, prefix }),
        stateOf: (ref) => jobs.stateOf(ref),
        openEvents,
        outcomes: 'found' in outcomes ? outcomes.found : undefined,
        caps: 'found' in caps ? caps.found : undefined,
      },
    );
    const unknown = [outcomes, caps].flatMap((asked) => ('unknown' in asked ? [asked.unknown] : []));
    if (options.json === true) line.say(JSON.stringify({ ...known, unknown }, undefined, 2));
    else for (const one of inWords(known, unknown)) line.say(one);
    return 0;
  } finally {
    await jobs.close();
    await close();
  }
}

/** What Redis has open of the user, as far as it is found in a second. */
async function openEventsOf(redis: RedisClient, prefix: string, userId: string): Promise<readonly string[]> {
  const endAtMs = performance.now() + OPEN_WITHIN_MS;
  const found: string[] = [];
  for await (const refs of createOpenPushes({ redis, prefix })()) {
    found.push(...refs.filter((ref) => ref.userId === userId).map((ref) => ref.eventId));
    if (performance.now() > endAtMs) break;
  }
  return found;
}

async function askOutcomes(
  { user, event, limit }: WhyOptions,
  line: CommandLine,
): Promise<Asked<RecentOutcomes>> {
  const { env } = line;
  if (!isSet(env, 'KAFKA_BROKERS') || !isSet(env, 'KAFKA_OUTCOME_TOPIC'))
    return { unknown: 'Outcomes are not known: set KAFKA_BROKERS and KAFKA_OUTCOME_TOPIC.' };
  const settings = readSettings([...KAFKA_VARIABLES, 'KAFKA_OUTCOME_TOPIC'], line);
  const topic = settings?.KAFKA_OUTCOME_TOPIC;
  if (settings === undefined || topic === undefined)
    return { unknown: 'Outcomes are not known: a variable is wrong.' };
  try {
    const connection = kafkaConnection(settings, 'why');
    const reader = await openTopicReader({ connection, topic, logger: silentLogger });
    try {
      return {
        found: await readOutcomes(reader, {
          ...{ userId: user, eventId: event, most: limit, withinMs: OUTCOMES_WITHIN_MS },
        }),
      };
    } finally {
      await reader.close();
    }
  } catch (error) {
    return { unknown: `Outcomes are not known: ${errorText(error)}` };
  }
}

async function askCaps(line: CommandLine): Promise<Asked<readonly Cap[]>> {
  if (!isSet(line.env, 'RULES_S3_URI')) return { unknown: 'Caps are not known: set RULES_S3_URI.' };
  try {
    const rules = await liveRules(line);
    if (typeof rules !== 'number') return { found: rules.caps };
    return { unknown: 'Caps are not known: there are no valid rules.' };
  } catch (error) {
    return { unknown: `Caps are not known: ${errorText(error)}` };
  }
}

function isSet(env: CommandLine['env'], name: string): boolean {
  return (env[name] ?? '') !== '';
}
