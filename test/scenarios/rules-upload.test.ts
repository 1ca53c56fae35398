/** `rules upload` while three pods work: the switch from one document to the next is clean, and nothing is lost. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { connectFleet } from '../../src/cli/rules/connect-fleet.ts';
import { runRulesCommand } from '../../src/cli/rules/program.ts';
import { hashDocument } from '../../src/domain/document-hash.ts';
import { DELIVERY_OUTCOMES } from '../../src/domain/delivery.ts';
import { eventually, openRules, startScenario, type Scenario } from '../support/pods/scenario.ts';

const OLD = openRules('old');
const NEW = openRules('new', { coupon: { minDiscountPercent: 15 } });
const DAY_MS = 86_400_000;

let run: Scenario | undefined;
afterEach(async () => {
  await run?.stop();
  run = undefined;
});
const directory = mkdtempSync(join(tmpdir(), 'rules-upload-'));
afterAll(() => rmSync(directory, { recursive: true }));

async function rules(env: Scenario['rulesEnv'], ...args: readonly string[]): Promise<string> {
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);
  const code = await runRulesCommand(args, { env, connectFleet, say, complain: say });
  expect(code, said.join('\n')).toBe(0);
  return said.join('\n');
}

it('each event is judged by one of the two documents, every pod switches once, and all report the new hash', async () => {
  const scenario = await startScenario({
    pods: 3,
    rules: OLD,
    caps: [{ per: 'user', max: 1, windowMs: DAY_MS }],
    // So long that only the announcement can bring the news in time.
    env: { DOCUMENT_POLL_MS: '3600000' },
    partners: { couponApi: { latency: { medianMs: 50, sigma: 0.5, maxMs: 500 } } },
  });
  run = scenario;
  for (const pod of scenario.pods) await pod.start();
  for (const pod of scenario.pods) await pod.waitUntilReady();
  const playing = scenario.play(2000, 300);
  await eventually(async () => {
    const statuses = await Promise.all(scenario.pods.map((pod) => pod.status()));
    expect(statuses.map((status) => (status?.events.received ?? 0) > 20)).toEqual([true, true, true]);
  });

  const file = join(directory, 'new.yaml');
  writeFileSync(file, NEW);
  const said = await rules(scenario.rulesEnv, 'upload', file, '--note', 'only good ones', '--timeout', '5m');
  const [, pods, seconds] = /in force in all (\d+) live pods after ([\d.]+) s/.exec(said) ?? [];
  expect(pods).toBe('3');
  console.log(`all pods report the new hash ${seconds ?? '?'} s after the announcement`);
  for (const pod of scenario.pods) {
    expect((await pod.status())?.rules).toMatchObject({ version: 'new', hash: hashDocument(NEW) });
  }

  await playing;
  await scenario.untilDrained();
  expect((await scenario.promises()).filter(({ holds }) => !holds)).toEqual([]);
  const ends = new Set<string>(DELIVERY_OUTCOMES);
  const judged = scenario.observer.outcomes.filter(({ outcome }) => !ends.has(outcome));
  const names = new Map([
    [hashDocument(OLD), 'old'],
    [hashDocument(NEW), 'new'],
  ]);
  const byDocument = Map.groupBy(
    judged.filter(({ reason }) => reason !== 'malformed' && reason !== 'invalid'),
    ({ rulesHash }) => rulesHash ?? 'none',
  );
  expect(new Set(byDocument.keys())).toEqual(new Set(names.keys()));
  for (const [hash, outcomes] of byDocument) {
    expect(new Set(outcomes.map(({ rulesVersion }) => rulesVersion))).toEqual(new Set([names.get(hash)]));
    expect(outcomes.length).toBeGreaterThan(50);
  }
  // One user's events are judged one after the other: none by the old document after one by the new.
  const byUser = Map.groupBy(judged, ({ userId, source }) => `${userId ?? ''} ${String(source.partition)}`);
  for (const [user, outcomes] of byUser) {
    const inOrder = outcomes.toSorted(
      (a, b) => Number(a.source.offset) - Number(b.source.offset) || a.source.index - b.source.index,
    );
    // An event that came twice ends as it ended first, by the document of then.
    const first = new Map(inOrder.toReversed().map((outcome) => [outcome.eventId, outcome]));
    const documents = inOrder.flatMap((outcome) =>
      first.get(outcome.eventId) === outcome ? (outcome.rulesVersion ?? []) : [],
    );
    const switched = documents.includes('new') ? documents.indexOf('new') : documents.length;
    expect(documents.slice(switched), user).not.toContain('old');
  }
  for (const pod of scenario.pods) {
    const loaded = (await scenario.log(pod)).filter(({ msg }) => msg === 'rules loaded');
    expect(loaded.map(({ version }) => version)).toEqual(['old', 'new']);
  }

  const log = JSON.parse(await rules(scenario.rulesEnv, 'log', '--json')) as Record<string, unknown>[];
  expect(log).toMatchObject([
    { version: 'new', live: true, note: 'only good ones', replaced: { version: 'old' } },
    { version: 'old', live: false, how: { kind: 'found' } },
  ]);
});

it('the kill switch in Redis beside enabled: true is told by /ready and /status, and lifted by an upload', async () => {
  const scenario = await startScenario({ pods: 1, rules: OLD });
  run = scenario;
  const [pod] = scenario.pods;
  await pod?.start();
  await pod?.waitUntilReady();
  const off = join(directory, 'off.yaml');
  writeFileSync(off, openRules('off', { enabled: false }));
  const fails = { ...scenario.rulesEnv, S3_ENDPOINT: 'http://127.0.0.1:1' };
  const ignore = (): void => {};
  const options = { env: fails, connectFleet, say: ignore, complain: ignore };
  expect(await runRulesCommand(['upload', off, '--note', 'stop', '--by', 'anna'], options)).toBe(1);

  const ready = await fetch(`${pod?.url ?? ''}/ready`);
  expect(ready.status).toBe(200);
  expect(await ready.json()).toMatchObject({
    ready: true,
    notes: [expect.stringMatching(/set by anna, since .*rules off: stop.*say enabled: true/)],
  });
  expect((await pod?.status())?.killSwitch).toMatchObject({
    ...{ document: false, flag: true },
    set: { by: 'anna', why: 'rules off: stop' },
  });
  const on = join(directory, 'on.yaml');
  writeFileSync(on, NEW);
  expect(await rules(scenario.rulesEnv, 'upload', on, '--note', 'go on')).toMatch(/lifted.*set by anna/);
  expect((await pod?.status())?.killSwitch).toEqual({ document: false, flag: false, set: null });
});
