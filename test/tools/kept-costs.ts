/**
 * What each test file cost when it ran last, in `.cache/test-costs.json`: every run adds its files. A file that failed
 * is kept too: it says where the time went.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestModule } from 'vitest/node';
import type { FileCost } from './file-cost.ts';

export interface KeptCost extends FileCost {
  readonly project: string;
  readonly file: string;
  /** From the start of its worker to its end. */
  readonly seconds: number;
}

const KEPT = join(import.meta.dirname, '../../.cache/test-costs.json');

/** Empty where no run has kept any. */
export function readCosts(): readonly KeptCost[] {
  try {
    return JSON.parse(readFileSync(KEPT, 'utf8')) as readonly KeptCost[];
  } catch {
    return [];
  }
}

/** At the end of each file, so that a run that is broken off has kept what it knows. */
export function keepCost(module: TestModule): void {
  const { cost } = module.meta();
  if (cost === undefined) return;
  const { prepareDuration, setupDuration, collectDuration, duration } = module.diagnostic();
  const project = module.project.name;
  const file = module.relativeModuleId;
  const seconds = (prepareDuration + setupDuration + collectDuration + duration) / 1000;
  const others = readCosts().filter((kept) => kept.project !== project || kept.file !== file);
  mkdirSync(dirname(KEPT), { recursive: true });
  writeFileSync(KEPT, JSON.stringify([...others, { project, file, seconds, ...cost }], undefined, 1));
}
