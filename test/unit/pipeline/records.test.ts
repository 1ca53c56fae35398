/** What an operator reads of an event: its outcome record, its dead letter, its log lines and its times. */
import { describe, expect, it } from 'vitest';
import { AbandonedError, UnavailableError } from '../../../src/runtime/errors.ts';
import { createEventHandler, type EdgePorts } from '../../../src/pipeline/edge.ts';
import { bench, coupon, NOW, piece, rawEvent, ruleset, type Bench } from '../../support/pipeline-fakes.ts';

/** A bench with some of its ports replaced. */
const benchWith = (changes: (b: Bench) => Partial<EdgePorts>): Bench => {
  const b = bench();
  Object.assign(b.ports, changes(b));
  return b;
};
const run = (b: Bench, raw: unknown = rawEvent()): Promise<void> =>
  createEventHandler(b.ports)(piece(raw)).run(b.ownership);

describe('an outcome record', () => {
  it('of a dead letter has the reason and not the text, which may quote the event', async () => {
    const b = bench();
    await run(b, rawEvent({ latitude: 91 }));
    expect(b.outcomes).toMatchObject([{ outcome: 'dead_lettered', reason: 'invalid', userId: 'u-1' }]);
    expect(b.outcomes[0]).not.toHaveProperty('error');
  });

  it('of an event whose user is unreadable has no user', async () => {
    const b = bench();
    await run(b, rawEvent({ userId: 7 }));
    expect(b.outcomes[0]).not.toHaveProperty('userId');
    expect(b.outcomes).toMatchObject([{ eventId: 'e-1' }]);
  });

  it('of a filtered event keeps all that was said of it', async () => {
    const b = bench();
    b.rules = ruleset({ enabled: false });
    await run(b);
    expect(b.outcomes).toEqual([
      {
        ...{ eventId: 'e-1', userId: 'u-1', at: new Date(NOW).toISOString(), pod: 'pod-1' },
        ...{ outcome: 'filtered', reason: 'disabled', rule: 'enabled' },
        ...{ rulesVersion: 'r1', rulesHash: '0123456789ab' },
        source: { topic: 'location-events', partition: 3, offset: '41', index: 0 },
      },
    ]);
  });

  it('is left out where no outcome topic is set, and a dead letter is written all the same', async () => {
    const b = benchWith(() => ({ outcomes: undefined }));
    await run(b);
    await run(b, 'no event');
    expect(b.ended).toMatchObject([{ kind: 'queued' }, { kind: 'dead_lettered' }]);
    expect(b.letters).toHaveLength(1);
    expect(b.log).not.toContain('record');
  });
});

it('a dead letter of a fault of our own says which error it was', async () => {
  const b = bench();
  b.script.recall = [new TypeError('a defect')];
  await run(b);
  expect(b.letters).toMatchObject([{ error: 'TypeError: a defect', eventId: 'e-1', failedAtMs: NOW }]);
});

it('the log names event and place of each try that a fault of our own ends', async () => {
  const lines: unknown[] = [];
  const b = benchWith(({ ports }) => ({
    logger: { ...ports.logger, error: (fields: object, text: string) => lines.push([fields, text]) },
  }));
  b.script.recall = [new TypeError('a'), new TypeError('b'), { kind: 'new' }];
  await run(b);
  const at = { topic: 'location-events', partition: 3, offset: '41', eventId: 'e-1' };
  expect(lines).toMatchObject([
    [{ ...at, attempt: 1, error: new TypeError('a') }, 'unexpected fault while deciding an event'],
    [{ ...at, attempt: 2, error: new TypeError('b') }, 'unexpected fault while deciding an event'],
  ]);
});

describe('times', () => {
  it('of an event: from its taking in, and from its happening', async () => {
    const spans: unknown[] = [];
    const b = benchWith(({ ports }) => ({
      meter: { ...ports.meter, ended: (_outcome, span) => spans.push(span) },
    }));
    await run(b);
    await run(b, 'no event');
    expect(spans).toMatchObject([{ endToEndMs: 1000 }, { endToEndMs: undefined }]);
    expect(spans).toMatchObject([{ sinceWrittenMs: undefined }, { sinceWrittenMs: undefined }]);
    for (const { durationMs } of spans as { durationMs: number }[]) {
      expect(durationMs).toBeGreaterThanOrEqual(0);
      expect(durationMs).toBeLessThan(60_000);
    }
  });

  it('of an event from when its record was written, whatever the event says', async () => {
    const spans: unknown[] = [];
    const b = benchWith(({ ports }) => ({
      meter: { ...ports.meter, ended: (_outcome, span) => spans.push(span) },
    }));
    const envelope = { key: null, headers: {}, writtenAtMs: NOW - 250 };
    for (const raw of [rawEvent(), 'no event'])
      await createEventHandler(b.ports)(piece(raw, { envelope })).run(b.ownership);
    expect(spans).toMatchObject([{ sinceWrittenMs: 250 }, { sinceWrittenMs: 250 }]);
  });

  it('of each stage that an event went through', async () => {
    const stages: [string, number][] = [];
    const b = benchWith(({ ports }) => ({
      meter: { ...ports.meter, stage: (name, ms) => stages.push([name, ms]) },
    }));
    await run(b);
    expect(stages.map(([name]) => name)).toEqual(['recall', 'coupons', 'rules', 'claim', 'enqueue']);
    for (const [, ms] of stages) {
      expect(ms).toBeGreaterThanOrEqual(0);
      expect(ms).toBeLessThan(60_000);
    }
  });
});

it('the coupon API is asked with the trace that the record brought, and when the event came', async () => {
  const asked: object[] = [];
  const b = benchWith(({ ports: { coupons } }) => ({
    coupons: {
      find: (request, ownership) => {
        asked.push(request);
        return coupons.find(request, ownership);
      },
    },
  }));
  const trace = 'abcdef0123456789abcdef0123456789';
  const headers = { traceparent: `00-${trace}-0123456789abcdef-01`, tracestate: 'a=1' };
  const envelope = { key: null, headers };
  const event = { eventId: 'e-1', userId: 'u-1' };
  await createEventHandler(b.ports)(piece(rawEvent(), { envelope })).run(b.ownership);
  expect(asked).toMatchObject([{ event, partition: 3, staleAtMs: NOW - 1000 + 900_000 }]);
  expect(asked[0]).toHaveProperty('traceparent', expect.stringContaining(trace));
  expect(asked[0]).toHaveProperty('tracestate', 'a=1');
  expect(b.claims[0]?.candidates[0]?.envelope).toMatchObject({ tracestate: 'a=1' });
  expect(asked[0]).toHaveProperty('receivedAtMs', expect.any(Number));
});

describe('the coupons of a large answer', () => {
  it('are let go of once the event has ended', async () => {
    const b = bench();
    let released = 0;
    b.script.coupons = [{ kind: 'coupons', coupons: [coupon], release: () => (released += 1) }];
    await run(b);
    expect(released).toBe(1);
  });
});

describe('rules', () => {
  it('rank with the time, the zone and the merchants of this moment', async () => {
    const b = bench();
    b.merchants.set('m-1', { merchantId: 'm-1', active: true });
    const seen: unknown[] = [];
    const { rank } = ruleset();
    b.rules = ruleset({
      rank: (event, coupons, at) => {
        seen.push([at.nowMs, at.timeZone, at.findMerchant('m-1')?.active]);
        return rank(event, coupons, at);
      },
    });
    await run(b, rawEvent({ timeZone: 'Europe/Berlin' }));
    expect(seen).toEqual([[NOW, 'Europe/Berlin', true]]);
  });

  it.each([500, 501, 1200])('that exclude %d coupons have each of them counted once', async (many) => {
    const b = bench();
    const exclusions = Array.from({ length: many }, (_, at) => ({ couponId: `c-${String(at)}`, rule: 'r' }));
    b.rules = ruleset({ rank: () => ({ candidates: [], exclusions }) });
    await run(b);
    expect(b.log.filter((line) => line === 'excluded by r')).toHaveLength(many);
    expect(b.ended).toMatchObject([{ reason: 'rules_excluded', couponId: 'c-0' }]);
  });

  it('that answer later decide as well', async () => {
    const b = bench();
    const { rank } = ruleset();
    b.rules = ruleset({ rank: async (...args) => rank(...args) });
    await run(b);
    expect(b.ended).toMatchObject([{ kind: 'queued' }]);
  });

  it('that leave nothing and exclude nothing are a fault of ours, which the dead letter names', async () => {
    const b = bench();
    b.rules = ruleset({ rank: () => ({ candidates: [], exclusions: [] }) });
    await run(b);
    expect(b.letters).toMatchObject([{ error: 'Error: the rules left no coupon and excluded none' }]);
  });
});

it('a push collapses with others of its merchant on the phone', async () => {
  const b = bench();
  await run(b);
  expect(b.claims[0]?.candidates[0]?.envelope.push.collapseKey).toBe('coupon:m-1');
});

it('an outcome of a push chosen before rules had a hash has none', async () => {
  const b = bench();
  await run(b);
  const envelope = b.claims[0]?.candidates[0]?.envelope;
  if (envelope === undefined) throw new Error('nothing was claimed');
  const { rulesHash: _hash, ...old } = envelope;
  const again = bench();
  again.script.recall = [{ kind: 'known', undelivered: false, envelope: old }];
  await run(again);
  expect(again.ended[0]).not.toHaveProperty('rulesHash');
});

describe('while a service is away', () => {
  const away = new UnavailableError('redis', new Error('ECONNREFUSED'));

  interface Seen {
    readonly waits: [string, string][];
    readonly log: unknown[];
    parked: number;
  }

  function watched(): { readonly b: Bench; readonly seen: Seen } {
    const seen: Seen = { waits: [], log: [], parked: 0 };
    const b = benchWith(({ ports }) => ({
      waiting: {
        begin: (what) => ({
          failed: () => seen.waits.push([what, 'failed']),
          end: () => seen.waits.push([what, 'end']),
        }),
      },
      logger: { ...ports.logger, debug: (fields: object, text: string) => seen.log.push([fields, text]) },
    }));
    Object.assign(b.ownership, { park: () => (seen.parked += 1) });
    return { b, seen };
  }

  it('the event gives its place to others, and the page names what it waits for until it goes on', async () => {
    const { b, seen } = watched();
    b.script.recall = [away, { kind: 'new' }];
    await run(b);
    const ofRedis = seen.waits.filter(([what]) => what === 'redis');
    expect(ofRedis.map(([, step]) => step)).toEqual(['failed', 'failed', 'end']);
    expect(seen.parked).toBe(2); // for Redis, and for the outcome's acknowledgement
    expect(seen.log).toEqual([[{ service: 'redis', error: away.message }, 'waiting for a service']]);
  });

  it('an acknowledgement that does not come is named by its topic', async () => {
    const { b, seen } = watched();
    b.script.record = [away, undefined];
    b.script.publish = [away, undefined];
    await run(b, rawEvent({ latitude: 91 }));
    expect(new Set(seen.waits.map(([what]) => what))).toEqual(
      new Set(['dead-letter topic', 'outcome topic']),
    );
    for (const what of ['dead-letter topic', 'outcome topic']) {
      const steps = seen.waits.filter(([of]) => of === what).map(([, step]) => step);
      expect(steps).toEqual(['failed', 'failed', 'end']);
    }
  });

  it('pauses grow from 100 ms, and begin small again once another service is the one that is away', async () => {
    const kafka = new UnavailableError('kafka', new Error('gone'));
    const b = bench();
    b.script.recall = [away, away, away, away, kafka, { kind: 'new' }];
    await run(b);
    const [first = 0, , , fourth = 0, other = 0] = b.sleeps;
    expect(b.sleeps).toHaveLength(5);
    expect(first).toBeLessThanOrEqual(100);
    expect(fourth).toBeGreaterThanOrEqual(400);
    expect(other).toBeLessThanOrEqual(100);
  });

  it('pauses begin small again after a fault of our own', async () => {
    const b = bench();
    b.script.recall = [away, away, away, away, new TypeError('a defect'), away, { kind: 'new' }];
    await run(b);
    expect(b.sleeps).toHaveLength(6);
    expect(b.sleeps[5]).toBeLessThanOrEqual(100);
  });

  it('an event that is taken away stops waiting, and says for what it waited', async () => {
    const b = bench();
    b.script.recall = [away];
    b.onCall = () => {
      b.ownership.lose();
    };
    await expect(run(b)).rejects.toThrow('abandoned while waiting for redis');
    const c = bench();
    c.script.record = [away];
    c.onCall = (name) => {
      if (name === 'record') c.ownership.lose();
    };
    await expect(run(c)).rejects.toThrow(new AbandonedError('abandoned while waiting for redis'));
  });

  it('an event that is taken away while a fault of our own is waited out is not tried again', async () => {
    const b = bench();
    b.script.recall = [new TypeError('a defect')];
    b.onCall = () => {
      b.ownership.lose();
    };
    await expect(run(b)).rejects.toThrow(AbandonedError);
    expect(b.log).toEqual(['recall']);
  });
});
