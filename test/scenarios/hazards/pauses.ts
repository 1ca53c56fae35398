/** A pod is frozen at the worst moment, others take over, and it comes back: SIGSTOP, the group's eviction, SIGCONT. */
import type { Failpoint } from '../../../src/runtime/failpoints.ts';
import type { HazardWorld } from '../../support/hazards/hazard-world.ts';
import { delivered, type Hazard } from './hazard.ts';
import { RECORD_LOOKED_UP, SENDING_KEPT, STAYS_LONG } from './mutations.ts';

const FREEZE = { signal: 'SIGSTOP' } as const;

/** Freezes a pod there with an event, lets another take over and end it, and brings the first back. */
async function comeBackTo(
  world: HazardWorld,
  point: Failpoint,
  stage: 'pipeline' | 'delivery',
  meanwhile: () => Promise<void> = () => Promise.resolve(),
): ReturnType<HazardWorld['send']> {
  await world.run(0);
  const reached = await world.arm(0, point, FREEZE);
  const event = await world.send();
  await reached();
  await world.giveUp(0);
  await world.join(1);
  await world.ended(event);
  await meanwhile();
  world.resume(0);
  await world.toldBy(world.pod(0), stage, event);
  return event;
}

const resumesAfterHandover: Hazard = {
  name: 'a frozen pod comes back to its claim after its partition went to another',
  async play(world) {
    const event = await comeBackTo(world, 'claim.asking', 'pipeline');
    await world.idle();
    return { outcomes: world.outcomesOf(event), requests: (await world.requestsOf(event)).length };
  },
  holds: { outcomes: ['queued'], requests: 1 },
  mutations: [{ ...RECORD_LOOKED_UP, breaks: { outcomes: ['queued', 'filtered/cooldown'] } }],
};

const oneUserInTwoPartitions: Hazard = {
  name: 'two pods at once on events of one user, from two partitions',
  async play(world) {
    await world.run(0, 1);
    const owners = await world.until(async () => {
      const [a, b] = [await world.pod(0).status(), await world.pod(1).status()];
      if (a?.partitions.length !== 1 || b?.partitions.length !== 1) throw new Error('not shared yet');
      return a.partitions[0]?.partition === 0 ? { first: 0, second: 1 } : { first: 1, second: 0 };
    });
    const reached = await world.arm(owners.first, 'claim.asking', FREEZE);
    const first = await world.send();
    await reached();
    const second = await world.send({ userId: first.userId }, 1);
    await world.ended(second);
    world.resume(owners.first);
    await world.decided(first);
    await world.idle();
    return {
      first: world.outcomesOf(first),
      second: world.outcomesOf(second),
      pushes: await world.pushesTo(first.userId),
    };
  },
  holds: { first: ['filtered/cooldown'], second: ['queued'], pushes: 1 },
  mutations: [
    {
      guard: 'the claim asks the user’s history',
      edits: [
        {
          file: 'claims/scripts/claim.ts',
          find: "if redis.call('ZCOUNT', KEYS[2], since, '+inf') >= max then return {'no_room', c - 1, ms(now)} end",
          replace: '',
        },
      ],
      breaks: { first: ['queued'], pushes: 2 },
    },
  ],
};

const lockLostWhileSending: Hazard = {
  name: 'the job’s lock is lost while the push is being sent',
  async play(world) {
    const event = await comeBackTo(world, 'push.answered', 'delivery');
    return delivered(world, event);
  },
  holds: { ends: ['unknown'], requests: 1 },
  mutations: [
    { ...SENDING_KEPT, breaks: { requests: 2 } },
    {
      guard: 'an attempt settles only what nobody settled before',
      edits: [
        STAYS_LONG,
        {
          file: 'claims/scripts/settle.ts',
          find: `if is_final() then
  if mine and state == ARGV[3] then return done() end
  return settled()
end
if state ~= 'sending' or not mine then return {'held', attempt} end
`,
          replace: '',
        },
      ],
      breaks: { ends: ['unknown', 'sent'], requests: 1 },
    },
  ],
};

const lockLostBeforeSending: Hazard = {
  name: 'the job’s lock is lost before its worker asks to send',
  async play(world) {
    const event = await comeBackTo(world, 'delivery.begun', 'delivery');
    return delivered(world, event);
  },
  holds: { ends: ['sent'], requests: 1 },
  mutations: [
    {
      guard: 'what has ended is not permitted again',
      edits: [
        STAYS_LONG,
        {
          file: 'claims/scripts/permit.ts',
          find: 'if is_final() then return settled() end',
          replace: '',
        },
      ],
      breaks: { requests: 2 },
    },
  ],
};

const frozenBeforeTheWrite: Hazard = {
  name: 'a pod is frozen between its permission and the write',
  async play(world) {
    const event = await comeBackTo(world, 'push.connected', 'delivery', async () => {
      const takenOverAt = Date.now();
      // The place counts from 2 s after the permission: later writes would be too close to the next push.
      await world.until(() => {
        if (Date.now() - takenOverAt < 2000) throw new Error('it may still write');
      });
    });
    return delivered(world, event);
  },
  holds: { ends: ['unknown'], requests: 0 },
  mutations: [
    {
      guard: 'nothing is written later than 2 s after the permission',
      edits: [
        {
          file: 'partners/http/http-post.ts',
          find: 'if (settled || closed || (fence !== undefined && fence.leftMs() <= 0)) {',
          replace: 'if (settled || closed) {',
        },
      ],
      breaks: { requests: 1 },
    },
  ],
};

const releaseRacesNewClaim: Hazard = {
  name: 'a release comes late, after another pod has sent and before a new claim',
  env: { PUSH_API_IDEMPOTENT: 'true' },
  async play(world) {
    await world.run(0);
    await world.partners.control({ pushApi: { rates: { rejected: 1 } } });
    const reached = await world.arm(0, 'release.asking', FREEZE);
    const first = await world.send();
    await reached();
    await world.partners.control({ pushApi: { rates: {} } });
    await world.giveUp(0);
    await world.join(1);
    await world.ended(first);
    world.resume(0);
    await world.toldBy(world.pod(0), 'delivery', first);
    const second = await world.send({ userId: first.userId });
    await world.ended(second);
    return {
      first: world.endsOf(first),
      second: world.outcomesOf(second),
      pushes: await world.pushesTo(first.userId),
    };
  },
  holds: { first: ['sent'], second: ['filtered/cooldown'], pushes: 1 },
  mutations: [
    {
      guard: 'a release compares before it gives back',
      edits: [
        STAYS_LONG,
        {
          file: 'claims/scripts/release.ts',
          find: `if is_final() then
  if mine and state == ARGV[2] then return done() end
  return settled()
end
if not mine or (state == 'sending' and wanted == nil) then return {'held', attempt} end
`,
          replace: '',
        },
      ],
      breaks: { first: ['sent', 'rejected'], second: ['queued'], pushes: 2 },
    },
  ],
};

export const pauses: readonly Hazard[] = [
  resumesAfterHandover,
  oneUserInTwoPartitions,
  lockLostWhileSending,
  lockLostBeforeSending,
  frozenBeforeTheWrite,
  releaseRacesNewClaim,
];
