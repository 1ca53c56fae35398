/** What decides today: the live rules or a file, merchants, and what Redis remembers, each where it is given. */
import { createUserReader, capStates } from '../../claims/read-user.ts';
import { cooldownPrefix } from '../../claims/claims.ts';
import { redisAddress, REDIS_VARIABLES } from '../../config/redis-address.ts';
import { countsEveryPush } from '../../domain/cap.ts';
import type { Claims, Documents, Ruleset } from '../../pipeline/ports.ts';
import type { CommandLine } from '../command.ts';
import { connectRedis } from '../connect-redis.ts';
import { liveMerchants, liveRules } from '../live-documents.ts';
import { readRulesFile } from '../rules/rules-file.ts';
import { readSettings } from '../settings.ts';
import type { Today } from './foreseen.ts';

/** @returns an exit code where it can't be known, after saying why. @throws Error where S3 or Redis is away. */
export async function openToday(rulesFile: string | undefined, line: CommandLine): Promise<Today | 1 | 78> {
  const limits = readSettings(['MAX_EVENT_AGE_MS', 'MAX_RECORD_BYTES'], line);
  if (limits === undefined) return 78;
  const rules = rulesFile === undefined ? await liveRules(line) : await fileRules(rulesFile, line);
  if (typeof rules === 'number') return rules;
  const findMerchant = await liveMerchants(line);
  if (typeof findMerchant === 'number') return findMerchant;
  const documents: Documents = { rules: () => rules, findMerchant };
  const memory = await openMemory(line);
  if (typeof memory === 'number') return memory;
  return {
    documents,
    maxEventAgeMs: limits.MAX_EVENT_AGE_MS,
    maxRecordBytes: limits.MAX_RECORD_BYTES,
    recall: memory?.recall,
    nowMs: () => Date.now(),
    close: async () => memory?.close(),
  };
}

async function fileRules(file: string, line: CommandLine): Promise<Ruleset | 1> {
  const context = { ...line, connectFleet: () => Promise.reject(new Error('no pods are asked')) };
  return (await readRulesFile(file, context))?.rules ?? 1;
}

interface Memory {
  readonly recall: Claims['recall'];
  readonly close: () => Promise<void>;
}

/** As a pod recalls, but without writing. @returns undefined where Redis is not named. */
async function openMemory(line: CommandLine): Promise<Memory | 78 | undefined> {
  if ((line.env['REDIS_URL'] ?? line.env['REDIS_URL_FILE'] ?? '') === '') return undefined;
  const settings = readSettings([...REDIS_VARIABLES, 'DRY_RUN'], line);
  if (settings === undefined) return 78;
  const { redis, close } = await connectRedis(redisAddress(settings), 'dead-letters');
  const reader = createUserReader({ redis, prefix: cooldownPrefix(settings.REDIS_PREFIX, settings.DRY_RUN) });
  return {
    close,
    async recall(ref, caps) {
      const kept = await reader.event(ref);
      if (kept !== undefined) return { kind: 'known', undelivered: false, envelope: kept.envelope };
      const [pushes, nowMs] = await Promise.all([reader.pushes(ref.userId), reader.nowMs()]);
      const fullCap = caps.findIndex(
        (cap) =>
          countsEveryPush(cap.per) && capStates(cap, pushes, nowMs).some(({ count }) => count >= cap.max),
      );
      return fullCap < 0 ? { kind: 'new' } : { kind: 'new', fullCap };
    },
  };
}
