/** A valid document made executable: one immutable version of the rules, with every default filled in. */
import type { Cap } from '../../domain/cap.ts';
import type { Ruleset } from '../../pipeline/ports.ts';
import { durationMs, MINUTE_MS } from './duration.ts';
import { createMerchantLimit } from '../merchant-limit.ts';
import { createQuietHours } from '../quiet-hours.ts';
import { createLocalTime } from '../local-time.ts';
import { createRank } from '../rank.ts';
import { createRollout } from '../rollout.ts';
import type { RulesWitness } from '../witness.ts';
import type { RulesDocument } from './schema.ts';

const DEFAULT_PUSH_TTL_MS = 30 * MINUTE_MS;

/** @param hash of the document's bytes. @param witness none: nobody hears what is asked. */
export function compileRules(document: RulesDocument, hash: string, witness?: RulesWitness): Ruleset {
  const { event, push, rollout } = document;
  const localTime = createLocalTime(document.quietHours);
  return Object.freeze({
    version: document.version,
    hash,
    enabled: document.enabled ?? true,
    caps: document.caps.map(({ per, max, window }): Cap => ({ per, max, windowMs: durationMs(window) })),
    maxEventAgeMs: event?.maxAge === undefined ? undefined : durationMs(event.maxAge),
    maxAccuracyMeters: event?.maxAccuracyMeters,
    triggers: event?.triggers,
    pushTtlMs: push?.ttl === undefined ? DEFAULT_PUSH_TTL_MS : durationMs(push.ttl),
    merchantLimit: createMerchantLimit(document),
    inRollout: createRollout(rollout?.percent ?? 100, rollout?.salt ?? ''),
    quietHours: createQuietHours(document.quietHours),
    localTime,
    rank: createRank(document, localTime, witness),
  });
}
