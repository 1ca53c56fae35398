/**
 * Redis's scripts as a pod of the version before runs them, which knows no short records: made of today's by taking out
 * what reads those. And records as such a pod writes them. Goes with RECORD_FORM 3.
 */
import { createKeyspace } from '../../../src/claims/keys.ts';
import { historyMember } from '../../../src/claims/history-member.ts';
import { claimScript } from '../../../src/claims/scripts/claim.ts';
import { isPendingScript } from '../../../src/claims/scripts/is-pending.ts';
import { permitScript } from '../../../src/claims/scripts/permit.ts';
import { recallScript } from '../../../src/claims/scripts/recall.ts';
import { releaseScript } from '../../../src/claims/scripts/release.ts';
import { retreatScript } from '../../../src/claims/scripts/retreat.ts';
import { settleScript } from '../../../src/claims/scripts/settle.ts';
import { FROZEN } from '../../../src/claims/scripts/short-form.ts';
import { sweepScript } from '../../../src/claims/scripts/sweep.ts';
import type { EventRef } from '../../../src/domain/event.ts';
import type { PushEnvelope } from '../../../src/domain/push.ts';
import type { RedisClient } from '../../../src/redis/connection.ts';
import { scriptOn, type RunScript, type Script } from '../../../src/redis/script.ts';

const SCRIPTS = {
  recall: recallScript,
  claim: claimScript,
  isPending: isPendingScript,
  permit: permitScript,
  settle: settleScript,
  retreat: retreatScript,
  release: releaseScript,
  sweep: sweepScript,
} as const;

export type ScriptsBefore = Readonly<Record<keyof typeof SCRIPTS, RunScript>>;

export function scriptsBefore(redis: RedisClient): ScriptsBefore {
  const run = (script: Script): RunScript => scriptOn(redis, before(script));
  return Object.fromEntries(Object.entries(SCRIPTS).map(([name, script]) => [name, run(script)])) as never;
}

/** Of what it reads of a record; where it counts, a short member is one that ends early. */
function before(script: Script): Script {
  const lua = script.lua
    .replace(FROZEN, '')
    .replace(/frozen\([^,()]*, (f\[\d\])\)/g, '$1')
    .replace('if is_short(member) then', 'if false then');
  if (lua.includes('frozen')) throw new Error(`${script.name} reads short records in another way`);
  return { ...script, name: `before_${script.name}`, lua };
}

export interface RecordBefore {
  readonly state: string;
  /** Epoch ms. */
  readonly expiresAtMs: number;
  readonly attempt?: number;
  readonly token?: string;
  readonly permittedAtMs?: number;
  readonly endedAtMs?: number;
  readonly reporter?: string;
}

/** The record, its entry in the history and in the index of open pushes. */
export async function writeRecordBefore(
  { redis, prefix }: { readonly redis: RedisClient; readonly prefix: string },
  ref: EventRef,
  envelope: PushEnvelope,
  { state, expiresAtMs, attempt = 0, ...more }: RecordBefore,
): Promise<void> {
  const keys = createKeyspace(prefix);
  const [record, history] = keys.ofEvent(ref);
  const member = historyMember(ref.eventId, envelope.push);
  const fields: Record<string, string | number | undefined> = {
    ...{
      s: state,
      n: attempt,
      x: expiresAtMs,
      u: expiresAtMs - 60_000,
      p: JSON.stringify(envelope),
      m: member,
    },
    ...{ t: more.token, a: more.permittedAtMs, z: more.endedAtMs, c: more.reporter },
  };
  for (const [name, value] of Object.entries(fields))
    if (value !== undefined) await redis.hset(record, name, value);
  await redis.pexpire(record, 86_400_000);
  const isGivenBack = ['rejected', 'expired', 'withdrawn'].includes(state);
  if (!isGivenBack) await redis.zadd(history, more.endedAtMs ?? '+inf', member);
  await redis.pexpire(history, 31 * 86_400_000);
  if (more.reporter === undefined)
    await redis.zadd(keys.open, expiresAtMs, JSON.stringify([ref.userId, ref.eventId]));
}
