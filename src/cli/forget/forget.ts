/** `forget`: erases a user from Redis, real and dry runs alike, and says what Kafka's retention still holds. */
import { cooldownPrefix } from '../../claims/claims.ts';
import { createDeliveries } from '../../claims/deliveries.ts';
import { createUserReader } from '../../claims/read-user.ts';
import { createUserKeys, findKeys } from '../../claims/user-keys.ts';
import { redisAddress, REDIS_VARIABLES } from '../../config/redis-address.ts';
import { TOPIC_VARIABLES } from '../../config/variables.ts';
import { openTopicAdmin } from '../../kafka/producers/topic-admin.ts';
import { createQueuedJobs } from '../../push/queued-job.ts';
import { systemClock as clock } from '../../runtime/clock.ts';
import { errorText } from '../../runtime/error-text.ts';
import { formatDuration } from '../../rules/document/duration.ts';
import type { CommandLine } from '../command.ts';
import { connectRedis } from '../connect-redis.ts';
import { KAFKA_VARIABLES, kafkaConnection } from '../kafka-settings.ts';
import { readSettings } from '../settings.ts';
import { silentLogger as logger } from '../silent-logger.ts';
import { forgetUser, type Forgotten } from './forget-user.ts';
import { beginKeep, dropKept } from './keep-caps.ts';

export interface ForgetOptions {
  readonly user: string;
  readonly keepCaps: boolean;
  /** Ms. */
  readonly wait: number;
  readonly json: boolean;
}

export async function forget(options: ForgetOptions, line: CommandLine): Promise<0 | 1 | 78> {
  const settings = readSettings(REDIS_VARIABLES, line);
  if (settings === undefined) return 78;
  const { user: userId, keepCaps, wait, json } = options;
  const { redis, close } = await connectRedis(redisAddress(settings), 'forget');
  const done: Forgotten[] = [];
  let isKept = false;
  try {
    for (const dryRun of [false, true]) {
      const prefix = cooldownPrefix(settings.REDIS_PREFIX, dryRun);
      const keep = keepCaps && !dryRun ? await beginKeep({ redis, prefix, userId, clock }) : undefined;
      if (!keepCaps && !dryRun) await dropKept({ redis, prefix, userId });
      const jobs = createQueuedJobs({ redis, prefix, logger }, (pattern) => findKeys(redis, pattern));
      try {
        done.push(
          await forgetUser(userId, wait, {
            ...{
              user: createUserReader({ redis, prefix }),
              keys: createUserKeys(redis, prefix),
              jobs,
              clock,
            },
            deliveries: createDeliveries({ redis, prefix }),
            ...(keep && { keepCaps: keep.write }),
          }),
        );
        isKept ||= keep?.isAny() ?? false;
      } finally {
        await jobs.close();
      }
    }
  } finally {
    await close();
  }
  const result = sum(done);
  const topics = await keptTopics(line);
  if (json) line.say(JSON.stringify({ ...result, capsKept: isKept, kafka: topics }, undefined, 2));
  else for (const one of inWords(result, isKept, keepCaps, topics)) line.say(one);
  if (result.left.length === 0) return 0;
  line.complain(
    `not done: ${String(result.left.length)} events are still there, as a push of theirs is being sent, or pods go on writing; run it again`,
  );
  return 1;
}

function sum(done: readonly Forgotten[]): Forgotten {
  const add = (of: (one: Forgotten) => number): number => done.reduce((total, one) => total + of(one), 0);
  return {
    keys: add(({ keys }) => keys),
    jobs: add(({ jobs }) => jobs),
    withdrawn: add(({ withdrawn }) => withdrawn),
    untold: add(({ untold }) => untold),
    left: done.flatMap(({ left }) => left),
  };
}

interface KeptTopic {
  readonly topic: string;
  /** Null where it is not known. */
  readonly keeps: string | null;
}

async function keptTopics(line: CommandLine): Promise<readonly KeptTopic[]> {
  const names = readSettings(TOPIC_VARIABLES, line);
  if (names === undefined) return [];
  const topics = TOPIC_VARIABLES.flatMap((name) => names[name] ?? []);
  const unknown = topics.map((topic): KeptTopic => ({ topic, keeps: null }));
  if ((line.env['KAFKA_BROKERS'] ?? '') === '') return unknown;
  const settings = readSettings(KAFKA_VARIABLES, line);
  if (settings === undefined) return unknown;
  try {
    const admin = await openTopicAdmin(kafkaConnection(settings, 'forget'), logger);
    try {
      return await Promise.all(
        topics.map(async (topic) => {
          const ms = await admin.retentionMs(topic);
          return {
            topic,
            keeps: ms === undefined ? null : ms === Infinity ? 'for ever' : formatDuration(ms),
          };
        }),
      );
    } finally {
      await admin.close();
    }
  } catch (error) {
    line.complain(`what Kafka keeps is not known: ${errorText(error)}`);
    return unknown;
  }
}

function inWords(
  { keys, jobs, withdrawn, untold }: Forgotten,
  isKept: boolean,
  keepCaps: boolean,
  topics: readonly KeptTopic[],
): string[] {
  const lines = [
    `erased from Redis: ${String(keys)} keys, ${String(jobs)} jobs of the push queue; ${String(withdrawn)} pushes were withdrawn`,
  ];
  if (untold > 0)
    lines.push(`${String(untold)} of them are in no outcome record, as no pod told their end in time`);
  if (isKept) lines.push('caps go on: what was sent is kept under a digest, for 30 days, 60 at most');
  else if (keepCaps) lines.push('there was nothing that caps count');
  else lines.push('caps begin anew: the user may get a push that a cap would have kept back');
  lines.push('Kafka still has the user’s records until their retention is over:');
  for (const { topic, keeps } of topics) lines.push(`  ${topic}: ${keeps ?? 'how long is not known'}`);
  lines.push('Events that pods have not read yet, and later ones, are processed as any user’s.');
  return lines;
}
