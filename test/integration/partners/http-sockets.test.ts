/** The coupon API's sockets against a server of the test's own: how many, which, and what becomes of them. */
import type { Client } from 'undici';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  createHttpSockets,
  type HttpSockets,
  type SocketUser,
} from '../../../src/partners/http/http-sockets.ts';
import { startHttpStub, type HttpStub } from '../../support/partners/http-stub.ts';

const OPTIONS = { connectTimeout: 10_000 };

let stub: HttpStub;
let sockets: HttpSockets;
beforeEach(async () => {
  stub = await startHttpStub();
});
afterEach(async () => {
  await sockets.close();
  await stub.close();
});

interface Call extends SocketUser {
  readonly ended: Promise<'answered' | Error>;
  /** Nobody waits for it any more. */
  giveUp(): void;
}

function get(path: string): Call {
  const { promise: ended, resolve } = Promise.withResolvers<'answered' | Error>();
  let isOver = false;
  let abort: ((reason: Error) => void) | undefined;
  const call: Call = {
    socket: undefined as Client | undefined,
    ended,
    isOver: () => isOver,
    giveUp() {
      isOver = true;
      abort?.(new Error('given up'));
    },
    fail: resolve,
    onRequestStart(controller) {
      abort = (reason) => {
        controller.abort(reason);
      };
    },
    onResponseStart() {},
    onResponseData() {},
    onResponseEnd() {
      sockets.release(call);
      resolve('answered');
    },
    onResponseError(_controller, error) {
      sockets.release(call);
      resolve(error);
    },
  };
  sockets.dispatch({ path, method: 'GET' }, call);
  return call;
}

const seen = (): readonly string[] => stub.requests.map(({ url }) => url);

/** A server that answers when it is told to. */
function answerByHand(): { readonly next: () => void } {
  const asked: (() => void)[] = [];
  stub.script(
    () =>
      new Promise((resolve) => {
        asked.push(() => {
          resolve({ status: 200 });
        });
      }),
  );
  return { next: () => asked.shift()?.() };
}

test('never more sockets than allowed: who finds none waits, first come, first served', async () => {
  sockets = createHttpSockets(stub.url, 2, OPTIONS);
  const server = answerByHand();
  const calls = ['/1', '/2', '/3', '/4'].map(get);
  for (const [at, call] of calls.entries()) {
    await expect.poll(() => stub.requests.length).toBe(Math.min(at + 2, 4));
    server.next();
    expect(await call.ended).toBe('answered');
  }
  expect(seen()).toEqual(['/1', '/2', '/3', '/4']);
  expect(stub.socketsEver()).toBe(2);
  expect(stub.mostOpen()).toBe(2);
});

test('one call after the other needs one socket', async () => {
  sockets = createHttpSockets(stub.url, 8, OPTIONS);
  for (let at = 0; at < 20; at += 1) {
    expect(await get(`/${String(at)}`).ended).toBe('answered');
    await new Promise(setImmediate);
  }
  expect(stub.socketsEver()).toBe(1);
});

test('who gives up while waiting is never sent, and costs the next one nothing', async () => {
  sockets = createHttpSockets(stub.url, 1, OPTIONS);
  const server = answerByHand();
  const first = get('/first');
  const second = get('/given-up');
  const third = get('/third');
  second.giveUp();
  await expect.poll(() => stub.requests.length).toBe(1);
  server.next();
  expect(await first.ended).toBe('answered');
  await expect.poll(() => stub.requests.length).toBe(2);
  server.next();
  expect(await third.ended).toBe('answered');
  expect(seen()).toEqual(['/first', '/third']);
  expect(stub.socketsEver()).toBe(1);
});

test('a call given up under way costs its connection, not its place', async () => {
  sockets = createHttpSockets(stub.url, 1, OPTIONS);
  stub.script({ silent: true }, { status: 200 });
  const silent = get('/silent');
  await expect.poll(() => stub.requests.length).toBe(1);
  silent.giveUp();
  expect(await silent.ended).toBeInstanceOf(Error);
  expect(await get('/next').ended).toBe('answered');
  expect(stub.socketsEver()).toBe(2);
});

test('while nobody listens each call fails, and the first after that is answered', async () => {
  sockets = createHttpSockets(stub.url, 2, OPTIONS);
  await stub.close();
  for (let at = 0; at < 5; at += 1) expect(await get('/refused').ended).toBeInstanceOf(Error);
  await stub.listen();
  expect(await get('/again').ended).toBe('answered');
});

test('a server that closes behind its answers without saying so loses no call', async () => {
  sockets = createHttpSockets(stub.url, 4, OPTIONS);
  stub.script({ raw: 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}' });
  for (let at = 0; at < 200; at += 1) expect(await get(`/${String(at)}`).ended).toBe('answered');
});

test('closing fails what is out, what waits and what comes later', async () => {
  sockets = createHttpSockets(stub.url, 1, OPTIONS);
  stub.script({ silent: true });
  const out = get('/out');
  const waiting = get('/waiting');
  await expect.poll(() => stub.requests.length).toBe(1);
  await sockets.close();
  expect(await out.ended).toBeInstanceOf(Error);
  expect(await waiting.ended).toBeInstanceOf(Error);
  expect(await get('/late').ended).toBeInstanceOf(Error);
  expect(seen()).toEqual(['/out']);
});
