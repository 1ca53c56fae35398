/** A broker of its own with rights: what a pod's user may not do is said, and concerns nothing else. */
import { randomUUID } from 'node:crypto';
import kafkajs, { type AclEntry } from 'kafkajs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ensureTopics } from '../../../src/kafka/producers/topics.ts';
import { startServices, type RunningServices } from '../../simulation/services/start-services.ts';
import { findLocalObstacle } from '../../support/services/local-obstacle.ts';
import { createLogBook } from '../../support/partners/partner-fakes.ts';
import { type Bench, clock, createLedger, eventOf, openBench, startPod, until } from './harness.ts';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

let services: RunningServices;
let bench: Bench;
let obstacle: string | undefined;
beforeAll(async () => {
  obstacle = await findLocalObstacle('kafka');
  if (obstacle !== undefined) return;
  services = await startServices({
    say: () => undefined,
    kafka: {
      properties: {
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        // Whoever logs in as nobody may do everything with what belongs to nobody else.
        'allow.everyone.if.no.acl.found': 'true',
      },
    },
    ...{ redis: false, s3: false, origins: ['local'] },
  });
}, 150_000);
// Each test's own: kafkajs asks for every topic that it has been asked for before, and fails with the first refusal.
beforeEach(async ({ skip }) => {
  skip(obstacle !== undefined, obstacle);
  bench = await openBench([services.env['KAFKA_BROKERS'] ?? '']);
});
afterEach(() => (obstacle === undefined ? bench.close() : undefined));
afterAll(() => (obstacle === undefined ? services.stop() : undefined), 60_000);

/** From now on others' alone. */
async function giveAway(resourceType: AclEntry['resourceType'], resourceName: string): Promise<void> {
  const acl: AclEntry = {
    ...{ resourceType, resourceName, principal: 'User:somebody-else', host: '*' },
    resourcePatternType: ResourcePatternTypes.LITERAL,
    operation: AclOperationTypes.ALL,
    permissionType: AclPermissionTypes.ALLOW,
  };
  await bench.admin.createAcls({ acl: [acl] });
}

test('topics that the user may not see are named, and keep no other from being made or read', async () => {
  const hidden = await bench.createTopic(1);
  const ours = await bench.createTopic(2);
  await giveAway(AclResourceTypes.TOPIC, hidden);
  await until('it is hidden', async () => !(await bench.admin.listTopics()).includes(hidden));

  const logger = createLogBook();
  const made = `made-${randomUUID()}`;
  const connection = { brokers: bench.brokers, clientId: 't' };
  await ensureTopics({ connection, topics: [hidden, made], logger, clock });
  expect(await bench.admin.listTopics()).toContain(made);
  const refused = logger.lines.filter(({ level }) => level === 'error');
  expect(refused.map(({ fields }) => fields)).toEqual([
    { topic: hidden, error: expect.stringMatching('the Kafka user may not describe or create it') as string },
  ]);

  const reasons: (string | undefined)[] = [];
  const onUnavailable = (reason: string | undefined): void => void reasons.push(reason);
  const refusedPod = startPod(bench.brokers, { topic: hidden, groupId: randomUUID(), onUnavailable });
  const ledger = createLedger();
  const pod = startPod(bench.brokers, { topic: ours, groupId: randomUUID(), ledger });
  await bench.send(
    ours,
    Array.from({ length: 20 }, (_, n) => eventOf(`u${String(n)}`, n)),
  );
  await until('the other topic is read', () => ledger.done.size === 20);
  const reason = `the Kafka user may not describe the topic ${hidden}`;
  await until('it says why', () => reasons.some((one) => one?.includes(reason) === true));
  expect(refusedPod.fatal).toBeUndefined();
  await Promise.all([refusedPod.consumer.stop(), pod.consumer.stop()]);
});

test('a group that is others’ ends the pod, and says so', async () => {
  const topic = await bench.createTopic(1);
  const groupId = randomUUID();
  await giveAway(AclResourceTypes.GROUP, groupId);
  const isHidden = (): Promise<boolean> =>
    bench.admin.fetchOffsets({ groupId, topics: [topic] }).then(
      () => false,
      () => true,
    );
  await until('it is hidden', isHidden);
  const pod = startPod(bench.brokers, { topic, groupId });
  await until('it has ended', () => pod.fatal !== undefined);
  expect(pod.fatal?.message).toMatch(/Not authorized to access group/);
  await pod.consumer.stop();
});
