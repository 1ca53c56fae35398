/** A pod dies at the worst moment between its claim and its commit; its events are delivered again. */
import { delivered, type Hazard } from './hazard.ts';
import { FROZEN_PUSH_USED, RECORD_LOOKED_UP, SENDING_KEPT } from './mutations.ts';

/** Room for more pushes, so that the caps can't hide what is done twice. */
const ROOM = { caps: [{ per: 'user', max: 9, window: '24h' }] };

const killedBetweenClaimAndEnqueue: Hazard = {
  name: 'killed between claim and enqueue',
  async play(world) {
    await world.run(0);
    const reached = await world.arm(0, 'claim.answered', { signal: 'SIGKILL' });
    const event = await world.send();
    await reached();
    await world.run(0);
    await world.ended(event);
    return { outcomes: world.outcomesOf(event), ...(await delivered(world, event)) };
  },
  holds: { outcomes: ['queued'], ends: ['sent'], requests: 1 },
  mutations: [{ ...RECORD_LOOKED_UP, breaks: { outcomes: ['filtered/cooldown'], requests: 0 } }],
};

const killedBetweenEnqueueAndCommit: Hazard = {
  name: 'killed between enqueue and commit',
  async play(world) {
    await world.runWithoutWorker();
    const reached = await world.arm(0, 'enqueue.done', { signal: 'SIGKILL' });
    const event = await world.send();
    await reached();
    await world.run(0);
    await world.decided(event);
    await world.idle();
    return { outcomes: world.outcomesOf(event), ...(await delivered(world, event)) };
  },
  holds: { outcomes: ['queued'], ends: ['sent'], requests: 1 },
  mutations: [
    {
      guard: 'a push is claimed before it is queued',
      edits: [
        {
          file: 'pipeline/process-event.ts',
          find: 'const claimed = await claimPush(context, { candidates: ranked.value, quietFromMs });',
          replace:
            'const claimed = { done: false, value: { push: { ...ranked.value[0].coupon, rulesVersion: context.rules.version } } };',
        },
      ],
      breaks: { ends: [], requests: 0 },
    },
  ],
};

const jobRemoved: Hazard = {
  name: 'the job is gone when the event is delivered again',
  async play(world) {
    await world.runWithoutWorker();
    const reached = await world.arm(0, 'enqueue.done', { signal: 'SIGKILL' });
    const event = await world.send();
    await reached();
    await world.removeJob(event);
    await world.run(0);
    await world.decided(event);
    await world.idle();
    return { outcomes: world.outcomesOf(event), ends: world.endsOf(event) };
  },
  holds: { outcomes: ['queued'], ends: ['sent'] },
  mutations: [
    {
      guard: 'a recalled claim is queued again',
      edits: [{ file: 'pipeline/steps/resume-claim.ts', find: 'await queue.enqueue(event);', replace: '' }],
      breaks: { ends: [] },
    },
  ],
};

const killedAfterTheRequest: Hazard = {
  name: 'killed after the request was written, before its reply',
  async play(world) {
    await world.run(0);
    await world.partners.control({ pushApi: { rates: { timeout: 1 } } });
    const event = await world.send();
    await world.requested(event);
    await world.bury(0);
    await world.partners.control({ pushApi: { rates: {} } });
    await world.run(0);
    await world.ended(event);
    return delivered(world, event);
  },
  holds: { ends: ['unknown'], requests: 1 },
  mutations: [{ ...SENDING_KEPT, breaks: { ends: ['sent'], requests: 2 } }],
};

const killedBeforeTelling: Hazard = {
  name: 'killed after the push was settled, before its outcome is told',
  async play(world) {
    await world.run(0);
    const reached = await world.arm(0, 'settle.answered', { signal: 'SIGKILL' });
    const event = await world.send();
    await reached();
    await world.run(0);
    await world.idle();
    return delivered(world, event);
  },
  holds: { ends: ['sent'], requests: 1 },
  mutations: [
    {
      guard: 'what has ended is told again',
      edits: [
        {
          file: 'push/deliver.ts',
          find: 'return finish(run, permission.outcome, permission);',
          replace: 'return ENDED;',
        },
      ],
      breaks: { ends: [] },
    },
  ],
};

const stalledTwice: Hazard = {
  name: 'two workers of one job die, one after the other',
  async play(world) {
    await world.runWithoutWorker();
    const event = await world.send();
    await world.decided(event);
    // With its offset committed: an event that is decided again would queue its failed job anew.
    await world.pod(0).stop();
    for (let death = 0; death < 2; death += 1) {
      const reached = await world.arm(0, 'delivery.begun', { signal: 'SIGKILL' });
      // It may die before it is ready.
      await world.run(0).catch(() => undefined);
      await reached();
    }
    await world.run(0);
    let failed = 0;
    await world.until(async () => {
      failed = (await world.pod(0).status())?.queue.failed ?? 0;
      if (world.endsOf(event).length === 0 && failed === 0) throw new Error('neither sent nor failed');
    });
    return { ends: world.endsOf(event), failed, requests: (await world.requestsOf(event)).length };
  },
  holds: { ends: ['sent'], failed: 0, requests: 1 },
  mutations: [
    {
      guard: 'no count of stalls ends a job',
      edits: [
        {
          file: 'push/push-worker.ts',
          find: 'maxStalledCount: Number.MAX_SAFE_INTEGER,',
          replace: 'maxStalledCount: 1,',
        },
        {
          file: 'push/push-worker.ts',
          find: 'void revive(job);',
          replace: '',
        },
      ],
      breaks: { ends: [], failed: 1, requests: 0 },
    },
  ],
};

const otherChoice: Hazard = {
  name: 'another coupon would be chosen when the event is delivered again',
  async play(world) {
    const shop = world.city.shops.find(
      ({ active, offers }) =>
        active && offers.filter(({ endsInMinutes }) => endsInMinutes === undefined).length > 1,
    );
    if (shop === undefined) throw new Error('a city without two good coupons in one shop');
    const [first, second] = shop.offers
      .filter(({ endsInMinutes }) => endsInMinutes === undefined)
      .map(({ couponId }) => couponId);
    const prefer = (couponId = '') => ({
      ...ROOM,
      rules: [{ id: 'prefer', when: `coupon.couponId == "${couponId}"`, then: 'boost', by: 1000 }],
    });
    await world.run(0);
    await world.rule(prefer(first));
    const reached = await world.arm(0, 'claim.answered', { signal: 'SIGKILL' });
    const { latitude, longitude, merchantId } = shop;
    const event = await world.send({ latitude, longitude, merchantId });
    await reached();
    await world.bury(0);
    await world.rule(prefer(second));
    await world.run(0);
    await world.ended(event);
    const [request] = await world.requestsOf(event);
    return { sent: request?.couponId === first ? 'the first choice' : 'the second choice' };
  },
  holds: { sent: 'the first choice' },
  mutations: [{ ...FROZEN_PUSH_USED, breaks: { sent: 'the second choice' } }],
};

export const deaths: readonly Hazard[] = [
  killedBetweenClaimAndEnqueue,
  killedBetweenEnqueueAndCommit,
  jobRemoved,
  killedAfterTheRequest,
  killedBeforeTelling,
  stalledTwice,
  otherChoice,
];
