/**
 * `npm run mutate`: changes the pure rooms' code in one place at a time and asks whether a unit test notices.
 * `npm run mutate -- domain rules/language` takes these rooms alone; a path (`src/push/retry-delay.ts`) takes one
 * file of a room, and its result is shown but not kept. `--sample 200` tries so many mutants of each room, drawn the
 * same way every time. Prints each survivor. Ends with 1 where a room's score is below the wanted one or `equal.yaml`
 * has a fault.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findEqual, readEqual } from './equal.ts';
import { instrument, type Mutant } from './instrument.ts';
import { planTrials } from './plan.ts';
import { keepResult, scoreOf, WANTED_PERCENT } from './results.ts';
import { ROOMS, sourcesOf, testsOf, type Room } from './rooms.ts';
import { coverTests, runTrials } from './run-trials.ts';
import { drawSample } from './sample.ts';

/** It takes minutes of a core and may wait for whatever else the machine does. */
const NICE = 15;

interface Part {
  readonly name: string;
  readonly room: Room;
  readonly sources: readonly string[];
  readonly whole: boolean;
}

/** @throws Error for a name that is neither a room nor a file of one. */
function partOf(name: string): Part {
  const room = ROOMS[name];
  if (room !== undefined) return { name, room, sources: sourcesOf(room), whole: true };
  for (const one of Object.values(ROOMS))
    if (sourcesOf(one).includes(name)) return { name, room: one, sources: [name], whole: false };
  throw new Error(`${name} is no room: ${Object.keys(ROOMS).join(', ')}`);
}

/** A copy of what the tests need, with the mutants in it. */
function makeSandbox(texts: ReadonlyMap<string, string>): string {
  const sandbox = mkdtempSync(join(tmpdir(), 'mutation-'));
  for (const path of ['src', 'test', 'rules', 'package.json', 'tsconfig.json', 'Dockerfile'])
    cpSync(path, join(sandbox, path), { recursive: true });
  symlinkSync(join(process.cwd(), 'node_modules'), join(sandbox, 'node_modules'), 'junction');
  for (const [path, text] of texts) writeFileSync(join(sandbox, path), text);
  return sandbox;
}

/** @returns whether the part is as it should be. */
async function tryPart({ name, room, sources, whole }: Part, size: number): Promise<boolean> {
  const start = Date.now();
  const { mutants: all, texts } = await instrument(sources);
  const mutants = drawSample(all, size);
  const sandbox = makeSandbox(texts);
  try {
    const coverage = await coverTests(sandbox, testsOf(room));
    const trials = planTrials(
      mutants.map(({ id }) => id),
      coverage,
    );
    const killers = await runTrials(sandbox, trials, (done) => {
      if (done % 100 === 0) console.log(`${name}: ${String(done)} of ${String(trials.length)} tried`);
    });
    const entries = readEqual().filter(({ file }) => sources.includes(file));
    const { equal, faults } = findEqual(entries, all, new Set(killers.keys()));
    const equalHere = mutants.filter(({ id }) => equal.has(id)).length;
    const survivors = mutants.filter(({ id }) => !killers.has(id) && !equal.has(id));
    const reached = new Set(trials.map(({ mutant }) => mutant));
    for (const mutant of survivors) console.log(describeSurvivor(mutant, reached.has(mutant.id)));
    for (const fault of faults) console.log(fault);
    const result = {
      ...{ mutants: mutants.length, killed: killers.size, equal: equalHere },
      ...(mutants.length < all.length && { of: all.length }),
    };
    const score = scoreOf(result);
    console.log(
      `${name}: ${String(result.killed)} of ${String(result.mutants)} noticed, ${String(result.equal)} equal, ` +
        `${String(survivors.length)} survive: ${score.toFixed(1)} % in ${((Date.now() - start) / 1000).toFixed(0)} s`,
    );
    if (whole) keepResult(name, result);
    keepDetails(name, mutants, killers, equal);
    return faults.length === 0 && score >= WANTED_PERCENT;
  } finally {
    rmSync(sandbox, { recursive: true, force: true });
  }
}

function describeSurvivor({ file, line, at, from, to, mutator }: Mutant, reached: boolean): string {
  const how = reached ? mutator : `${mutator}, reached by no test`;
  return `${file}:${String(line)} ${how}\n    ${at}\n    "${from}" → "${to}"`;
}

/** What became of each mutant, for who works on the tests: `.cache/mutation/<part>.json`. */
function keepDetails(
  name: string,
  mutants: readonly Mutant[],
  killers: ReadonlyMap<string, string>,
  equal: ReadonlySet<string>,
): void {
  const details = mutants.map((mutant) => ({
    ...mutant,
    state: killers.get(mutant.id) ?? (equal.has(mutant.id) ? 'equal' : 'survives'),
  }));
  mkdirSync('.cache/mutation', { recursive: true });
  writeFileSync(`.cache/mutation/${name.replaceAll('/', '-')}.json`, JSON.stringify(details, null, 1));
}

setPriority(NICE);
const { positionals: names, values } = parseArgs({
  allowPositionals: true,
  options: { sample: { type: 'string' } },
});
const size = Number(values.sample ?? Infinity);
if (!(size >= 1)) throw new Error(`--sample: expected a number of mutants, not ${String(values.sample)}`);
const parts = (names.length > 0 ? names : Object.keys(ROOMS)).map(partOf);
let good = true;
for (const part of parts) good = (await tryPart(part, size)) && good;
if (parts.some(({ whole }) => whole))
  execFileSync(process.execPath, ['test/tools/generate-docs.ts'], { stdio: 'inherit' });
process.exitCode = good ? 0 : 1;
