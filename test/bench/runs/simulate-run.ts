/** Writes a recording of `EVENTS` events once a machine, and replays it by the rules that were live. */
import { readFile, rename, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simulateRecording } from '../../../src/cli/rules/simulation/simulate-recording.ts';
import { parseRules } from '../../../src/rules/document/parse-rules.ts';
import { report } from '../child.ts';
import { writeRecording } from '../write-recording.ts';

const EVENTS = Number(process.env['EVENTS'] ?? 1_000_000);
const RULES = new URL('../../../rules/default.yaml', import.meta.url);

const text = await readFile(RULES, 'utf8');
const parsed = parseRules(text);
if (!parsed.ok) throw new Error('the default rules are not valid');
const file = join(tmpdir(), `coupon-notifier-bench-${String(EVENTS)}-${parsed.rules.hash}.ndjson`);
const isThere = await stat(file).catch(() => undefined);
if (isThere === undefined) {
  const partial = `${file}.${String(process.pid)}`;
  const beganMs = Date.parse('2026-11-15T00:00:00Z');
  await writeRecording(partial, parsed.rules, { events: EVENTS, users: EVENTS / 5, days: 7, beganMs });
  await rename(partial, file);
}

// Of the replay alone: the writer's own peak would hide it.
let peakBytes = 0;
const watch = setInterval(() => (peakBytes = Math.max(peakBytes, process.memoryUsage.rss())), 50);
const startedMs = performance.now();
const cpuBefore = process.cpuUsage();
const { comparison } = await simulateRecording({ recordingFile: file, rules: text });
const cpu = process.cpuUsage(cpuBefore);
clearInterval(watch);
const { events, known, agreed } = comparison.agreement.after;
report({
  seconds: (performance.now() - startedMs) / 1000,
  cpuSeconds: (cpu.user + cpu.system) / 1e6,
  peakMib: Math.max(peakBytes, process.memoryUsage.rss()) / 1024 / 1024,
  events,
  known,
  agreed,
  fileMib: (await stat(file)).size / 1024 / 1024,
});
