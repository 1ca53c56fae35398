/** `dead-letters replay` as a process that is killed at drawn moments, each a few of its commits after its start. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import { ledgerTopicOf } from '../../../src/cli/dead-letters/connect-desk.ts';
import { createRandom } from '../../simulation/city/random.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
/** Slow enough that a command is in the middle of something when it is killed. */
const LETTERS_A_SECOND = 600;
/** Each commit leaves some three records in the ledger, its marker included. */
const MOST_RECORDS = 12;
const MOST_DELAY_MS = 250;
const LOOK_EVERY_MS = 20;
const START_WITHIN_MS = 120_000;

export interface KillPlan {
  readonly admin: Admin;
  readonly deadLetterTopic: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly kills: number;
  readonly seed: number;
  /** Called after each kill. */
  readonly onKilled: () => Promise<void>;
}

/** @throws Error where a command ends by itself before its kill: then too few letters were left. */
export async function killReplays(plan: KillPlan): Promise<void> {
  const random = createRandom(`replay-kills/${String(plan.seed)}`);
  for (let kill = 0; kill < plan.kills; kill += 1) {
    const records = 1 + Math.floor(random.next() * MOST_RECORDS);
    const delayMs = random.next() * MOST_DELAY_MS;
    await killOne(plan, records, delayMs);
    await plan.onKilled();
  }
}

async function killOne(
  { admin, deadLetterTopic, env }: KillPlan,
  records: number,
  delayMs: number,
): Promise<void> {
  const before = await ledgerEnd(admin, deadLetterTopic);
  const child = spawn(
    process.execPath,
    ['src/cli/main.ts', 'dead-letters', 'replay', '--rate', String(LETTERS_A_SECOND)],
    { cwd: ROOT, stdio: 'ignore', env },
  );
  const giveUpAtMs = performance.now() + START_WITHIN_MS;
  while ((await ledgerEnd(admin, deadLetterTopic)) - before < records) {
    if (child.exitCode !== null) throw new Error(`the replay ended with ${String(child.exitCode)}`);
    if (performance.now() > giveUpAtMs) throw new Error('the replay does not begin');
    await sleep(LOOK_EVERY_MS);
  }
  await sleep(delayMs);
  if (child.exitCode !== null) throw new Error('the replay ended before its kill');
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** 0 where there is no ledger yet. */
async function ledgerEnd(admin: Admin, deadLetterTopic: string): Promise<number> {
  try {
    const [end] = await admin.fetchTopicOffsets(ledgerTopicOf(deadLetterTopic));
    return Number(end?.offset ?? 0);
  } catch {
    return 0;
  }
}
