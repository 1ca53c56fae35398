/**
 * The coupon partner of the benchmarks, as a process of its own: answers after a delay drawn uniformly, "no coupons"
 * or what was prepared before the first call. It remembers what only the outside can know: service times as they were
 * here, two calls at once for one user, a user's events out of order, events asked for twice.
 *
 * Speaks HTTP/1.1 by hand over `node:net`: a server library would cost more CPU than the pods that are measured.
 * Only bodiless GETs with keep-alive are understood, and POSTs with a length: pushes, which are accepted and counted.
 *
 *   PORT=20000 node test/bench/runs/coupon-stub.ts
 */
import { createServer, type Socket } from 'node:net';
import { mixedAnswerOf, mixedAnswers, sameCoupons, sharedAnswers } from '../coupon-answers.ts';
import { readBusyMs, readCpuMs } from '../cpu.ts';
import type { Mark, StubSettings, StubStats } from '../coupon-stub-client.ts';

type AllSettings = Required<Omit<StubSettings, 'lognormal'>> & Pick<StubSettings, 'lognormal'>;

const IDLE: AllSettings = {
  minDelayMs: 0,
  maxDelayMs: 0,
  slow: [],
  slowMs: 0,
  coupons: 0,
  marks: [],
  lognormal: undefined,
  mix: [],
  pushMs: 0,
};

interface User {
  open: number;
  calls: number;
  serviceMs: number;
  lastEvent: number;
}

let watched = 0;
let settings = IDLE;
let answers = answersOf(IDLE);
let users = new Map<string, User>();
let slowUsers = new Set<string>();
let calls = new Uint8Array(0);
let totals = empty();
let gaps: { readonly afterMs: number; readonly ms: number }[] = [];
let lastAnswerMs = 0;
let marks: Mark[] = [];

function empty() {
  return {
    answered: 0,
    serviceMs: 0,
    open: 0,
    maxOpen: 0,
    overlaps: 0,
    disorder: 0,
    repeated: 0,
    firstCallMs: 0,
    cpuAtFirstMs: NaN,
    answeredFast: 0,
    lastFastAnswerMs: 0,
    pushes: 0,
  };
}

function reply(body: string): Buffer {
  return Buffer.from(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${String(Buffer.byteLength(body))}\r\n\r\n${body}`,
  );
}

/** The answers that calls get in turn of their event's number, or one for all. */
function answersOf({ coupons, mix }: AllSettings): readonly Buffer[] {
  if (mix.length > 0) return sharedAnswers(mix).map(reply);
  return (coupons === 'mixed' ? mixedAnswers() : [sameCoupons(coupons)]).map(reply);
}

function stats(): StubStats {
  const hottest = [...users.values()].sort((a, b) => b.calls - a.calls)[0];
  return {
    ...totals,
    users: users.size,
    hottest: { calls: hottest?.calls ?? 0, serviceMs: hottest?.serviceMs ?? 0 },
    lastAnswerMs,
    gaps,
    marks,
  };
}

/** Reads the clocks where the calls have come as far as the settings say. */
function mark(): void {
  if (settings.marks[marks.length] !== totals.answered) return;
  const { answered, serviceMs } = totals;
  const atMs = performance.timeOrigin + performance.now();
  // NaN is null in JSON.
  marks.push({ answered, atMs, serviceMs, cpuMs: readCpuMs(watched), busyMs: readBusyMs() });
}

function begin(): void {
  if (totals.firstCallMs > 0) return;
  totals.firstCallMs = performance.timeOrigin + performance.now();
  totals.cpuAtFirstMs = readCpuMs(watched);
  mark();
}

function find(userId: string): User {
  const known = users.get(userId);
  if (known !== undefined) return known;
  const fresh = { open: 0, calls: 0, serviceMs: 0, lastEvent: -1 };
  users.set(userId, fresh);
  return fresh;
}

function note(event: number, user: User): void {
  if (event >= calls.length) {
    const larger = new Uint8Array(Math.max(65_536, event + 1, calls.length * 2));
    larger.set(calls);
    calls = larger;
  }
  const before = calls[event] ?? 0;
  if (before > 0) totals.repeated += 1;
  else if (event < user.lastEvent) totals.disorder += 1;
  calls[event] = Math.min(255, before + 1);
  user.lastEvent = Math.max(user.lastEvent, event);
}

function serve(socket: Socket, head: string): void {
  begin();
  const arrivedMs = performance.now();
  const userId = /[?&]userId=([^& ]+)/.exec(head)?.[1] ?? '';
  const event = Number(/\r\nx-event-id: e-(\d+)/i.exec(head)?.[1] ?? NaN);
  const user = find(userId);
  if (user.open > 0) totals.overlaps += 1;
  user.open += 1;
  totals.open += 1;
  totals.maxOpen = Math.max(totals.maxOpen, totals.open);
  const isNumbered = Number.isInteger(event);
  if (isNumbered) note(event, user);
  const answer = answers[isNumbered && answers.length > 1 ? mixedAnswerOf(event) : 0];
  const slow = slowUsers.has(userId);
  setTimeout(
    () => {
      const nowMs = performance.now();
      user.open -= 1;
      user.calls += 1;
      user.serviceMs += nowMs - arrivedMs;
      totals.open -= 1;
      totals.answered += 1;
      totals.serviceMs += nowMs - arrivedMs;
      const atMs = performance.timeOrigin + nowMs;
      if (lastAnswerMs > 0 && atMs - lastAnswerMs > 50)
        gaps.push({ afterMs: lastAnswerMs, ms: atMs - lastAnswerMs });
      lastAnswerMs = atMs;
      if (!slow) {
        totals.answeredFast += 1;
        totals.lastFastAnswerMs = atMs;
      }
      if (!socket.destroyed && answer !== undefined) socket.write(answer);
      mark();
    },
    slow ? settings.slowMs : drawMs(),
  );
}

/** Uniform, or lognormal by its median and 99th percentile. */
function drawMs(): number {
  const { lognormal, minDelayMs, maxDelayMs } = settings;
  if (lognormal === undefined) return minDelayMs + Math.random() * (maxDelayMs - minDelayMs);
  const sigma = Math.log(lognormal.p99Ms / lognormal.p50Ms) / 2.326;
  const normal = Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  return lognormal.p50Ms * Math.exp(sigma * normal);
}

function accept(socket: Socket): void {
  setTimeout(() => {
    totals.pushes += 1;
    if (!socket.destroyed) socket.write(reply('{}'));
  }, settings.pushMs);
}

function control(socket: Socket, path: string): void {
  const url = new URL(path, 'http://stub');
  if (url.pathname === '/control/reset') {
    settings = { ...IDLE, ...(JSON.parse(url.searchParams.get('settings') ?? '{}') as StubSettings) };
    slowUsers = new Set(settings.slow);
    answers = answersOf(settings);
    users = new Map();
    calls = new Uint8Array(0);
    totals = empty();
    gaps = [];
    lastAnswerMs = 0;
    marks = [];
  }
  if (url.pathname === '/control/watch') watched = Number(url.searchParams.get('pid'));
  // Of many users the hottest takes a while to find.
  socket.write(reply(JSON.stringify(url.pathname === '/control/totals' ? totals : stats())));
}

const server = createServer((socket) => {
  let rest = '';
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    rest += chunk.toString('latin1');
    for (let end = rest.indexOf('\r\n\r\n'); end >= 0; end = rest.indexOf('\r\n\r\n')) {
      const head = rest.slice(0, end + 2);
      const bodyBytes = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (rest.length < end + 4 + bodyBytes) break;
      rest = rest.slice(end + 4 + bodyBytes);
      if (head.startsWith('POST ')) accept(socket);
      else if (head.startsWith('GET /control/')) control(socket, head.slice(4, head.indexOf(' ', 4)));
      else serve(socket, head);
    }
  });
});
server.listen(Number(process.env['PORT']), '127.0.0.1');
