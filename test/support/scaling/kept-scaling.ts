/** What the autoscaler asks for on recorded metrics, as it is kept for the table of deploy/README.md. */
import { readFile, writeFile } from 'node:fs/promises';
import { askedFor, type Autoscaler, type Reading } from './autoscaler.ts';

const SCALING_FILE = '.readme/scaling.json';

export interface KeptScaling {
  readonly name: 'outage' | 'burst';
  readonly what: string;
  /** Of the autoscaler's time. */
  readonly seconds: number;
  /** Seconds that a real one counted as. */
  readonly stretch: number;
  readonly podsAtBegin: number;
  readonly curableLag: Answer;
  readonly rawLag: Answer;
}

export interface Answer {
  /** Of the metric. */
  readonly most: number;
  readonly podsAtMost: number;
  /** Until the most pods were asked for; 0: it stayed as it was. */
  readonly afterSeconds: number;
}

const SYNC_SECONDS = 15;
const SCRAPE_SECONDS = 15;

/** Prometheus scrapes and the autoscaler looks at any moment of their intervals: the slowest answer of all is told. */
export function answerTo(
  readings: readonly Reading[],
  autoscaler: Autoscaler,
  { podsAtBegin, seconds }: Pick<KeptScaling, 'podsAtBegin' | 'seconds'>,
): Answer {
  const watching = { replicas: podsAtBegin, untilSeconds: seconds, syncSeconds: SYNC_SECONDS };
  const phases = Array.from({ length: SCRAPE_SECONDS * SYNC_SECONDS }, (_, phase) => ({
    scrape: phase % SCRAPE_SECONDS,
    firstSyncSeconds: 1 + Math.floor(phase / SCRAPE_SECONDS),
  }));
  const answers = phases.map(({ scrape, firstSyncSeconds }) => {
    const asked = askedFor(scraped(readings, scrape), autoscaler, { ...watching, firstSyncSeconds });
    const podsAtMost = Math.max(podsAtBegin, ...asked.map(({ replicas }) => replicas));
    const first = asked.find(({ replicas }) => replicas === podsAtMost);
    return { podsAtMost, afterSeconds: podsAtMost === podsAtBegin ? 0 : (first?.atSeconds ?? 0) };
  });
  const most = Math.max(0, ...readings.map(({ value }) => value));
  const slowest = answers.reduce((slow, one) =>
    one.podsAtMost < slow.podsAtMost || one.afterSeconds > slow.afterSeconds ? one : slow,
  );
  return { most, ...slowest };
}

/** What a scrape every 15 s has of it. */
function scraped(readings: readonly Reading[], phase: number): Reading[] {
  const last = readings.at(-1)?.atSeconds ?? 0;
  const found: Reading[] = [];
  for (let atSeconds = phase; atSeconds <= last; atSeconds += SCRAPE_SECONDS) {
    const reading = readings.findLast((one) => one.atSeconds <= atSeconds);
    if (reading !== undefined) found.push({ atSeconds, value: reading.value });
  }
  return found;
}

export async function readScaling(): Promise<readonly KeptScaling[]> {
  return JSON.parse(await readFile(SCALING_FILE, 'utf8')) as KeptScaling[];
}

/** One case; the others stay as they are. */
export async function keepScaling(kept: KeptScaling): Promise<void> {
  const others = (await readScaling().catch(() => [])).filter(({ name }) => name !== kept.name);
  const all = [...others, kept].toSorted((a, b) => (a.name < b.name ? 1 : -1));
  await writeFile(SCALING_FILE, `${JSON.stringify(all, null, 2)}\n`);
}
