/**
 * The coupon API's worst quarter of a minute (down, throttling, dripping, its tokens revoked, the auth server away)
 * decides no event otherwise than a perfect day does: the same city is played twice and the outcomes are compared.
 */
import { afterEach, expect, it } from 'vitest';
import type { SettingsPatch } from '../simulation/partners/settings.ts';
import { eventually, openRules, startScenario, type Scenario } from '../support/pods/scenario.ts';

const EVENTS = 900;
/** So that no event is stale because a run took longer. */
const MAX_EVENT_AGE_MS = 1_000_000_000;
/** A user's events may stand in several partitions, whose order is luck: no event may take another's place. */
const ROOMY = [{ per: 'user', max: 100, window: '1h' }];
const WELL = { down: false, rates: {} } as const;

let run: Scenario | undefined;
afterEach(async () => {
  await run?.stop();
  run = undefined;
});

async function start(): Promise<Scenario> {
  const started = await startScenario({
    pods: 1,
    events: EVENTS,
    rules: openRules('coupon-side', { caps: ROOMY }),
    caps: [{ per: 'user', max: 100, windowMs: 3_600_000 }],
    env: { MAX_EVENT_AGE_MS: String(MAX_EVENT_AGE_MS) },
    partners: { auth: { required: true, tokenLifeSeconds: 3600 }, retryAfterSeconds: 1 },
  });
  run = started;
  for (const pod of started.pods) await pod.start();
  for (const pod of started.pods) await pod.waitUntilReady();
  return started;
}

/** What each event came to, by its id within the city; and all reasons, with those of events without an id. */
async function finish(
  scenario: Scenario,
): Promise<{ byEvent: Record<string, string[]>; counts: Record<string, number> }> {
  await scenario.untilDrained();
  await scenario.observer.caughtUp();
  expect((await scenario.promises()).filter(({ holds }) => !holds)).toEqual([]);
  const { topic, idPrefix } = scenario.names;
  const byEvent: Record<string, string[]> = {};
  const counts: Record<string, number> = {};
  for (const { eventId = '', outcome, reason, couponId, merchantId } of scenario.observer.outcomes) {
    if (outcome !== 'queued' && outcome !== 'filtered' && outcome !== 'dead_lettered') continue;
    const end = [outcome, reason, couponId, merchantId].filter((part) => part !== undefined).join(' ');
    counts[end] = (counts[end] ?? 0) + 1;
    if (eventId.startsWith(topic)) continue;
    (byEvent[eventId.replace(idPrefix, '')] ??= []).push(end);
  }
  for (const ends of Object.values(byEvent)) ends.sort();
  return { byEvent, counts };
}

it('down, throttling, dripping, tokens revoked, auth away: every event ends as on a perfect day', async () => {
  const perfect = await start();
  await perfect.play(EVENTS, 1000);
  const expected = await finish(perfect);
  await perfect.stop();
  expect(Object.keys(expected.byEvent).length).toBeGreaterThan(EVENTS / 2);
  expect(expected.counts['dead_lettered coupon_api_rejected']).toBeUndefined();

  const scenario = await start();
  const { partners } = scenario;
  const [pod] = scenario.pods;
  if (pod === undefined) throw new Error('no pod');
  const decided = async (): Promise<number> => {
    const status = await pod.status();
    if (status === undefined) return 0;
    return status.events.received - status.inFlight;
  };
  /** Something is decided even so, or the trouble is seen; then the next trouble. */
  const during = async (trouble: SettingsPatch, isSeen: () => Promise<boolean>): Promise<void> => {
    await partners.control(trouble);
    await eventually(async () => {
      expect(await isSeen(), JSON.stringify(trouble)).toBe(true);
    });
    await partners.control({ couponApi: WELL, auth: WELL });
  };
  const someMore = async (): Promise<() => Promise<boolean>> => {
    const before = await decided();
    return async () => (await decided()) > before + 40;
  };
  const playing = scenario.play(EVENTS, 60);
  await eventually(async () => {
    expect(await decided()).toBeGreaterThan(20);
  });

  await during({ couponApi: { down: true } }, async () => {
    const status = await pod.status();
    return status?.couponApi.breaker !== 'closed' && status?.condition === 'degraded';
  });
  await during({ couponApi: { rates: { tooMany429: 0.4 } } }, await someMore());
  await during({ couponApi: { rates: { slowDrip: 0.3, timeout: 0.1, reset: 0.2 } } }, await someMore());
  expect((await partners.ledger()).tokensIssued).toBe(1);
  await partners.control({ revokeTokens: true });
  await during({ couponApi: WELL }, await someMore());
  // One for all calls that were refused at once.
  expect((await partners.ledger()).tokensIssued).toBe(2);
  await during({ revokeTokens: true, auth: { down: true } }, async () => {
    const ready = await fetch(`${pod.url}/ready`);
    return ready.status === 503;
  });
  await playing;
  const got = await finish(scenario);
  expect((await partners.ledger()).tokensIssued).toBe(3);
  expect(got.byEvent).toEqual(expected.byEvent);
  expect(got.counts).toEqual(expected.counts);
});
