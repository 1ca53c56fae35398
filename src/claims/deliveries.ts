/**
 * The worker's side of the claim protocol, whose states are drawn in claims.ts. One script gives the permission to
 * send, and one script each makes an end of a delivery. Every call may be repeated after a lost reply: the same attempt
 * gets the same answer. An answer that comes late, after somebody settled the attempt, changes nothing and says so.
 *
 * Who dies          leaves          and then
 * before permit     claimed         the job runs again; without a job the sweep releases it as expired
 * after permit      sending         the job's next run finds it interrupted: unknown (or repeats the same key)
 * after settle      sent …          the job's next run, else the sweep, publishes the outcome
 * after publishing  sent …, open    published again, counted once
 */
import type { DeliveryOutcome, PendingCheck, DeliveryStore, Ending, Permission } from '../domain/delivery.ts';
import { noOffset, type CooldownOptions } from './claims.ts';
import type { EventRef } from '../domain/event.ts';
import { createKeyspace, digest, openMember, unnamed } from './keys.ts';
import { onRedis } from '../redis/redis-errors.ts';
import { readEnded, readEnvelope, readNumber, readOutcome, unknownAnswer } from './replies.ts';
import { isPendingScript } from './scripts/is-pending.ts';
import { permitScript } from './scripts/permit.ts';
import { releaseScript } from './scripts/release.ts';
import { reportScript } from './scripts/report.ts';
import { retreatScript } from './scripts/retreat.ts';
import { scriptOn } from '../redis/script.ts';
import { settleScript } from './scripts/settle.ts';
import { takeOverScript } from './scripts/take-over.ts';

export interface DeliveriesOptions extends CooldownOptions {
  /** Whether every pod that is alive reads short records (short-form.ts); default: not. */
  readonly mayShorten?: () => boolean;
}

/** Of a reporter's id, enough to tell the few reporters of one push apart. */
const REPORTER_LENGTH = 8;

/** Every method rejects with `UnavailableError('redis')` where Redis is away. */
export function createDeliveries(options: DeliveriesOptions): DeliveryStore {
  const { redis, clockOffsetMs = noOffset, mayShorten = () => false } = options;
  const keys = createKeyspace(options.prefix);
  const run = {
    isPending: scriptOn(redis, isPendingScript, clockOffsetMs),
    permit: scriptOn(redis, permitScript, clockOffsetMs),
    takeOver: scriptOn(redis, takeOverScript, clockOffsetMs),
    settle: scriptOn(redis, settleScript, clockOffsetMs),
    retreat: scriptOn(redis, retreatScript, clockOffsetMs),
    release: scriptOn(redis, releaseScript, clockOffsetMs),
    report: scriptOn(redis, reportScript, clockOffsetMs),
  };
  return {
    checkPending: async (ref) => readPendingCheck(await run.isPending(keys.ofEvent(ref), [])),
    permit: async (ref, token) => {
      options.assertKeeps?.();
      return readPermission('permit', await run.permit(keys.ofEvent(ref), [token]), ref);
    },
    takeOver: async (ref, attempt, token) => {
      options.assertKeeps?.();
      return readPermission('takeOver', await run.takeOver(keys.ofEvent(ref), [attempt, token]), ref);
    },
    settle: async (ref, attempt, outcome) =>
      readEnding('settle', await run.settle(keys.ofEvent(ref), [attempt, outcome]), ref),
    retreat: async (ref, attempt) => {
      const reply = await run.retreat(keys.ofEvent(ref), [attempt]);
      if (reply[0] === 'done') return { kind: 'done', remainingMs: readNumber(reply, 1) };
      return readUnchanged('retreat', reply, ref);
    },
    release: async (ref, outcome, attempt) =>
      readEnding('release', await run.release(keys.ofEvent(ref), [outcome, attempt ?? '']), ref),
    reported: async (ref, reporter) => {
      const [reply] = await Promise.all([
        run.report(keys.ofEvent(ref), [
          digest(reporter, REPORTER_LENGTH),
          mayShorten() ? 'short' : '',
          unnamed(ref),
        ]),
        onRedis(redis, () => redis.zrem(keys.open, openMember(ref))),
      ]);
      return reply[0] === 'first';
    },
  };
}

function readPendingCheck(reply: readonly unknown[]): PendingCheck {
  const [word] = reply;
  if (word === 'pending' || word === 'reported' || word === 'over') return word;
  return unknownAnswer('isPending', reply);
}

function readPermission(script: string, reply: readonly unknown[], ref: EventRef): Permission {
  switch (reply[0]) {
    case 'granted':
    case 'interrupted':
      return {
        kind: reply[0],
        attempt: readNumber(reply, 1),
        envelope: readEnvelope(reply, 2),
        expiresAtMs: readNumber(reply, 3),
        remainingMs: readNumber(reply, 4),
      };
    case 'expired':
      return { kind: 'expired', envelope: readEnvelope(reply, 1) };
    case 'settled':
      return {
        kind: 'settled',
        outcome: readOutcome(reply, 1),
        envelope: readEnded(reply, 2, ref),
        endedAtMs: readNumber(reply, 3),
      };
    case 'absent':
      return { kind: 'absent' };
    default:
      // `spent`: a token that was given back asks again, which only a straggler whose reply nobody reads does.
      return unknownAnswer(script, reply);
  }
}

function readEnding(script: string, reply: readonly unknown[], ref: EventRef): Ending {
  if (reply[0] === 'done') {
    return { kind: 'done', envelope: readEnded(reply, 1, ref), endedAtMs: readNumber(reply, 2) };
  }
  return readUnchanged(script, reply, ref);
}

function readUnchanged(
  script: string,
  reply: readonly unknown[],
  ref: EventRef,
): Exclude<Ending, { kind: 'done' }> {
  switch (reply[0]) {
    case 'settled': {
      const outcome: DeliveryOutcome = readOutcome(reply, 1);
      return {
        kind: 'settled',
        outcome,
        envelope: readEnded(reply, 2, ref),
        endedAtMs: readNumber(reply, 3),
      };
    }
    case 'held':
      return { kind: 'held' };
    case 'absent':
      return { kind: 'absent' };
    default:
      return unknownAnswer(script, reply);
  }
}
