/**
 * What a person sees of whole pods at a moment: the page's words, `/ready`, the lines of `/status` that are not as they
 * are while all is well, and a line of the log. It is kept for the runbook, so what differs from run to run is left out.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Status } from '../../../src/ops/status.ts';
import { waitingName } from '../../../src/ops/health/waiting-names.ts';
import type { PodProcess } from '../../simulation/demo/pods.ts';
import { openPageStream } from '../browser/page-stream.ts';
import type { Scenario } from '../pods/scenario.ts';

export interface Seen {
  /** The state in words, and what the page says beside it since the fault. */
  readonly page: string;
  /** Status code and body. */
  readonly ready: string;
  /** `field: value`, worst first; none where all is as it was. */
  readonly status: readonly string[];
  /** Of a warning or worse; empty where there was none. */
  readonly log: string;
}

/** What was there before the fault, and is none of it. */
export interface Before {
  readonly lines: ReadonlySet<string>;
  /** Of the page, masked. */
  readonly sentences: ReadonlySet<string>;
  /** Pod's name → for how long it had run. */
  readonly uptimeSeconds: ReadonlyMap<string, number>;
  /** Pod's name → its log's lines. */
  readonly logged: ReadonlyMap<string, number>;
}

export interface OperatorView {
  before(): Promise<Before>;
  look(before: Before): Promise<Seen>;
}

/** Of a partition that is behind by no more nobody is told. */
const ORDINARY_SECONDS = 10;
const PAGE_WITHIN_MS = 5000;
const LONGEST_LINE = 160;
const MOST_LINES = 8;

/** @param isReadable false for a pod whose log nobody can read. */
export function openOperatorView(
  run: Scenario,
  isReadable: (pod: PodProcess) => boolean = () => true,
): OperatorView {
  const running = (): PodProcess[] => run.pods.filter((pod) => pod.isRunning());
  const logOf = (pod: PodProcess): Promise<readonly Record<string, unknown>[]> =>
    isReadable(pod) ? run.log(pod).catch(() => []) : Promise.resolve([]);
  const mask = maskOf(run);

  async function statuses(): Promise<Status[]> {
    const all = await Promise.all(running().map((pod) => pod.status()));
    return all.filter((status) => status !== undefined);
  }

  return {
    async before() {
      const logged = run.pods.map(async (pod) => [pod.name, (await logOf(pod)).length] as const);
      const [now, sentences] = await Promise.all([statuses(), sentencesOf(running())]);
      return {
        sentences: new Set(sentences.map((sentence) => mask(sentence))),
        lines: new Set(now.flatMap(notWell)),
        uptimeSeconds: new Map(now.map(({ pod, uptimeSeconds }) => [pod, uptimeSeconds])),
        logged: new Map(await Promise.all(logged)),
      };
    },
    async look({ lines: known, sentences: said, uptimeSeconds: had, logged }) {
      const logs = running().map(async (pod) => (await logOf(pod)).slice(logged.get(pod.name) ?? 0));
      const [page, ready, now, lines] = await Promise.all([
        sentencesOf(running()),
        readyOf(running()),
        statuses(),
        Promise.all(logs),
      ]);
      const anew = now.filter(({ pod, uptimeSeconds }) => uptimeSeconds < (had.get(pod) ?? 0));
      const all = [
        ...now.flatMap(notWell),
        ...anew.map(({ uptimeSeconds }) => `uptimeSeconds: ${String(uptimeSeconds)}`),
      ];
      const fresh = all.filter((line) => !known.has(line)).map((line) => mask(line));
      const [state = '', ...beside] = page.map((sentence) => mask(sentence));
      return {
        page: [state, ...beside.filter((sentence) => !said.has(sentence))].join(' '),
        ready: mask(ready),
        status: [...new Set(fresh)].slice(0, MOST_LINES),
        log: mask(logLine(lines.flat())),
      };
    },
  };
}

/** The state's own first. */
async function sentencesOf([pod]: readonly PodProcess[]): Promise<string[]> {
  if (pod === undefined) return [];
  const stream = await openPageStream(pod.url);
  const endMs = performance.now() + PAGE_WITHIN_MS;
  while (stream.view() === undefined && performance.now() < endMs) await pause(50);
  const { word = '', sentence = '', notes = [] } = stream.view()?.headline ?? {};
  await stream.stop();
  return [...`${word}: ${sentence}`.split(/(?<=[.!?…]) (?=[A-Z])/), ...notes];
}

/** Of the first that is not ready; of any where all are. */
async function readyOf(pods: readonly PodProcess[]): Promise<string> {
  const answers = await Promise.all(
    pods.map(async ({ url }) => {
      const answer = await fetch(`${url}/ready`);
      return { isReady: answer.ok, text: `${String(answer.status)} ${await answer.text()}` };
    }),
  );
  return (answers.find(({ isReady }) => !isReady) ?? answers[0])?.text ?? '';
}

/** `field: value` of everything that is not as in a pod that is well. */
export function notWell(status: Status): string[] {
  const { partitions, queue, redis, events, deliveries, pushApi, couponApi, killSwitch } = status;
  const versions = new Set(status.pods.map(({ rulesVersion }) => rulesVersion ?? 'none'));
  const all = (name: string, texts: readonly (string | null)[]): string[] =>
    texts.filter((text) => text !== null).map((text) => `${name}: ${text}`);
  const unless = (isWell: boolean, line: string): string[] => (isWell ? [] : [line]);
  const counted = (name: string, counts: Readonly<Record<string, number>>): string[] =>
    Object.entries(counts).flatMap(([key, count]) => unless(count === 0, `${name}.${key}: ${String(count)}`));
  const { sent: _sent, dry_run: _dryRun, ...undelivered } = deliveries;
  const behind = Math.max(0, ...partitions.map(({ behindSeconds }) => behindSeconds ?? 0));
  return [
    ...unless(status.condition === 'ok', `condition: ${status.condition}`),
    ...all('away', status.away),
    ...all('reasons', status.reasons),
    ...status.waiting.map(
      (row) => `waiting: ${row.for}, ${String(row.events)} events, oldest ${String(row.oldestSeconds)} s`,
    ),
    ...all(
      'partitions[].fault',
      partitions.map(({ fault }) => fault ?? null),
    ),
    ...partitions.flatMap(({ lost }) => unless(lost === 0, `partitions[].lost: ${String(lost)}`)),
    ...unless(behind <= ORDINARY_SECONDS, `partitions[].behindSeconds: ${String(behind)}`),
    ...all('redis.faults', redis.faults),
    ...all('redis.warnings', redis.warnings),
    ...unless(redis.dataLost === 0, `redis.dataLost: ${String(redis.dataLost)}`),
    ...unless(redis.serverChanged === 0, `redis.serverChanged: ${String(redis.serverChanged)}`),
    ...unless(couponApi.breaker === 'closed', `couponApi.breaker: ${couponApi.breaker}`),
    ...all('pushApi.lastError', [pushApi.recentFailures > 0 ? pushApi.lastError : null]),
    ...unless(queue.delayed === 0, `queue.delayed: ${String(queue.delayed)}`),
    ...all('rules.lastError', [status.rules.lastError]),
    ...all('merchants.lastError', [status.merchants?.lastError ?? null]),
    ...unless(!killSwitch.document, 'killSwitch.document: true'),
    ...unless(killSwitch.set === null, `killSwitch.set: ${JSON.stringify(killSwitch.set)}`),
    ...unless(versions.size < 2, `pods[].rulesVersion: ${[...versions].toSorted().join(', ')}`),
    ...counted('events.dead_lettered', events.dead_lettered),
    ...counted('deliveries', undelivered),
    ...unless(status.logLinesDropped === 0, `logLinesDropped: ${String(status.logLinesDropped)}`),
  ];
}

/** Names of `waiting` that a pod's rows go by. */
export function waitsOf(status: Status | undefined): string[] {
  return (status?.waiting ?? []).map((row) => waitingName(row.for) ?? `unknown: ${row.for}`);
}

/** The first line of a warning or worse; without what each line has. */
function logLine(lines: readonly Record<string, unknown>[]): string {
  const found = lines.find(({ level }) => level === 'warn' || level === 'error' || level === 'fatal');
  if (found === undefined) return '';
  const { time: _time, pid: _pid, hostname: _hostname, pod: _pod, version: _version, ...told } = found;
  const text = JSON.stringify(told, (key, value: unknown) => (key === 'stack' ? undefined : value));
  return text.length <= LONGEST_LINE ? text : `${text.slice(0, LONGEST_LINE - 1)}…`;
}

/** Takes out what another run has otherwise: the run's mark, ports, ids, times and counts. */
export function maskOf({ names }: Pick<Scenario, 'names'>): (text: string) => string {
  const mark = names.idPrefix.slice(0, -1);
  return (text) =>
    text
      .replaceAll(`scenario-${mark}`, 'location-events')
      .replaceAll(`-${mark}`, '')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z?/g, '…')
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}|\b[0-9a-f]{12,}\b/g, '…')
      .replaceAll(/(127\.0\.0\.1|localhost|\[::1\]):\d+/g, '$1:…')
      .replaceAll(/[\d.,]+(?=\u00A0)/g, '…')
      .replaceAll(/\b\d[\d.,]*(?= (?:events?|users?|ms|s|h|min|pods?)\b)/g, '…')
      .replaceAll(/^([\w.[\]]+): \d[\d.]*$/gm, '$1: …')
      .replaceAll('\u00A0', ' ');
}
