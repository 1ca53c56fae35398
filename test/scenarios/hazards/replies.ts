/** A reply is lost after the deed was done, or a commit comes when it must not. */
import { randomUUID } from 'node:crypto';
import { delivered, type Hazard } from './hazard.ts';
import { RECORD_LOOKED_UP } from './mutations.ts';

const claimReplyLost: Hazard = {
  name: 'the reply to a claim is lost',
  async play(world) {
    await world.run(0);
    const eventId = randomUUID();
    const lost = await world.armReply(0, { to: 'redis', texts: ['claimed', eventId] });
    const event = await world.send({ eventId });
    await lost();
    await world.ended(event);
    return { outcomes: world.outcomesOf(event), ...(await delivered(world, event)) };
  },
  holds: { outcomes: ['queued'], ends: ['sent'], requests: 1 },
  mutations: [{ ...RECORD_LOOKED_UP, breaks: { outcomes: ['filtered/cooldown'], requests: 0 } }],
};

const permitReplyLost: Hazard = {
  name: 'the reply to a permission is lost',
  async play(world) {
    await world.run(0);
    const eventId = randomUUID();
    const lost = await world.armReply(0, { to: 'redis', texts: ['granted', eventId] });
    const event = await world.send({ eventId });
    await lost();
    await world.ended(event);
    return delivered(world, event);
  },
  holds: { ends: ['sent'], requests: 1 },
  mutations: [
    {
      guard: 'an attempt is recognised by its token',
      edits: [
        {
          file: 'claims/scripts/permit.ts',
          find: '  if token ~= ARGV[2] then return',
          replace: '  if true then return',
        },
      ],
      breaks: { ends: ['unknown'], requests: 0 },
    },
  ],
};

/** Commits soon, and never has an answer from the coupon API that is not given. */
const COMMITTING = { COMMIT_INTERVAL_MS: '200', COUPON_API_TIMEOUT_MS: '90000' };

const commitReplyLost: Hazard = {
  name: 'the reply to a commit is lost',
  env: COMMITTING,
  async play(world) {
    await world.run(0);
    const lost = await world.armReply(0, { to: 'commit' });
    const first = await world.send();
    await lost();
    const second = await world.send();
    const end = await world.endOffset();
    const running = await world.until(async () => {
      const isRunning = world.pod(0).isRunning();
      if (isRunning && (await world.committed()) < end) throw new Error('not committed yet');
      return isRunning;
    });
    if (running) await world.ended(first, second);
    return { running, decided: [first, second].map((event) => world.outcomesOf(event)) };
  },
  holds: { running: true, decided: [['queued'], ['queued']] },
  mutations: [
    {
      guard: 'a commit that fails costs a later commit, nothing else',
      edits: [
        {
          file: 'kafka/commit/group-commit.ts',
          find: "    health.failed(messageOf(error));\n    return 'failed';\n",
          replace: '    throw error;\n',
        },
      ],
      breaks: { running: false },
    },
  ],
};

const commitAfterHandover: Hazard = {
  name: 'a frozen pod comes back to its commit after its partitions went to another',
  env: COMMITTING,
  async play(world) {
    await world.run(0);
    const reached = await world.arm(0, 'commit.asking', { signal: 'SIGSTOP' });
    const first = await world.send();
    await reached();
    await world.giveUp(0);
    await world.join(1);
    const more = [await world.send(), await world.send()];
    await world.ended(first, ...more);
    const end = await world.endOffset();
    await world.until(async () => {
      if ((await world.committed()) < end) throw new Error('not committed yet');
    });
    world.resume(0);
    const partition = await world.until(async () => {
      const mine = (await world.pod(0).status())?.partitions ?? [];
      const others = (await world.pod(1).status())?.partitions ?? [];
      if (mine.length !== 1 || others.length !== 1) throw new Error('not shared yet');
      return mine[0]?.partition ?? 0;
    });
    // Its first commit as a member again.
    const committing = await world.arm(0, 'commit.answered', { signal: 'SIGCONT' });
    await world.send({}, partition);
    await committing();
    return { wentBack: (await world.committed()) < end };
  },
  holds: { wentBack: false },
  mutations: [
    {
      guard: 'a commit is made only under its own assignment',
      edits: [
        {
          file: 'kafka/commit/group-commit.ts',
          find: 'const topics = [{ topic, partitions }];',
          replace: 'const topics = globalThis.refused ?? [{ topic, partitions }];',
        },
        {
          file: 'kafka/commit/group-commit.ts',
          find: '  } catch (error) {\n    if (isFenced(error)) {',
          replace: '  } catch (error) {\n    globalThis.refused = topics;\n    if (isFenced(error)) {',
        },
      ],
      breaks: { wentBack: true },
    },
  ],
};

const killedPastUndecided: Hazard = {
  name: 'killed while an event behind a decided one is undecided',
  env: COMMITTING,
  async play(world) {
    await world.run(0);
    await world.partners.control({ couponApi: { rates: { timeout: 1 } } });
    const held = await world.send();
    await world.until(async () => {
      const { couponCalls } = await world.partners.ledger();
      if (!couponCalls.some(({ eventId }) => eventId === held.eventId)) throw new Error('not asked yet');
    });
    await world.partners.control({ couponApi: { rates: {} } });
    await world.ended(await world.send());
    // Commits cover all partitions: with this one the first is committed as far as it may be.
    await world.send({}, 1);
    const others = await world.endOffset(1);
    await world.until(async () => {
      if ((await world.committed(1)) < others) throw new Error('not committed yet');
    });
    await world.bury(0);
    await world.run(0);
    await world.ended(await world.send());
    const end = await world.endOffset();
    await world.until(async () => {
      if ((await world.committed()) < end) throw new Error('not committed yet');
    });
    return { held: world.outcomesOf(held) };
  },
  holds: { held: ['queued'] },
  mutations: [
    {
      guard: 'nothing is committed past what is undecided',
      edits: [
        {
          file: 'stream/partition/partition-offsets.ts',
          find: 'watermark: () => (size === 0 ? position : offsetAt(0)),',
          replace: 'watermark: () => position,',
        },
      ],
      breaks: { held: [] },
    },
  ],
};

export const replies: readonly Hazard[] = [
  claimReplyLost,
  permitReplyLost,
  commitReplyLost,
  commitAfterHandover,
  killedPastUndecided,
];
