/** What a rolling update and the way back left behind, as it is kept for the table of deploy/README.md. */
import { readFile, writeFile } from 'node:fs/promises';
import { SHORT_ENVELOPE } from '../../../src/claims/short-form.ts';
import { findKeys } from '../../../src/claims/user-keys.ts';
import type { RedisClient } from '../../../src/redis/connection.ts';

const UPGRADE_FILE = '.readme/upgrade.json';

/** Records of pushes whose end is told. */
export interface ToldRecords {
  readonly long: number;
  readonly short: number;
}

export interface KeptUpgrade {
  /** Of this version, and of the one before, as git names them. */
  readonly now: string;
  readonly before: string;
  readonly seed: number;
  readonly events: number;
  readonly eventsPerSecond: number;
  readonly queued: number;
  readonly pushes: number;
  readonly decidedAgain: number;
  readonly kills: number;
  readonly stops: number;
  readonly phases: readonly ({ readonly name: string } & ToldRecords)[];
  /** Names of the promises that were judged; all held. */
  readonly held: readonly string[];
  readonly machine: string;
}

/** @throws UnavailableError where Redis is away. */
export async function countTold(redis: RedisClient, prefix: string): Promise<ToldRecords> {
  const records = await findKeys(redis, `${prefix}:{*}:e:*`);
  const told = await Promise.all(records.map((record) => redis.hmget(record, 'c', 'p')));
  const texts = told.filter(([teller]) => teller !== null).map(([, text]) => text);
  const short = texts.filter((text) => text === SHORT_ENVELOPE).length;
  return { long: texts.length - short, short };
}

export async function readUpgrade(): Promise<KeptUpgrade> {
  return JSON.parse(await readFile(UPGRADE_FILE, 'utf8')) as KeptUpgrade;
}

export async function keepUpgrade(kept: KeptUpgrade): Promise<void> {
  await writeFile(UPGRADE_FILE, `${JSON.stringify(kept, null, 2)}\n`);
}
