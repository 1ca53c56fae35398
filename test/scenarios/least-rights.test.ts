/**
 * Pods that may do exactly what deploy/README.md says and nothing else, in Kafka, Redis and S3: every promise holds. And
 * no less would do: each right that is taken away is missed.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import kafkajs, { type AclEntry } from 'kafkajs';
import { afterAll, beforeAll, beforeEach, expect, inject, it } from 'vitest';
import type { PodProcess } from '../simulation/demo/pods.ts';
import type { RunNames } from '../simulation/demo/names.ts';
import { withAdmin } from '../simulation/player/kafka.ts';
import { startServices, type RunningServices } from '../simulation/services/start-services.ts';
import { startS3Guard, type Policy, type S3Guard } from '../support/documents/s3-policy.ts';
import { startSecureKafka, type SecureKafka } from '../support/kafka/secure-kafka.ts';
import { eventually, startScenario, type Scenario } from '../support/pods/scenario.ts';
import { findLocalObstacle } from '../support/services/local-obstacle.ts';
import { GOOD } from '../support/tls/fixed-certificates.ts';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;
const KAFKA_USER = { name: 'notifier', password: 'exactly these' };
const REDIS_USER = 'coupon-notifier';
const REDIS_PASSWORD = 'no-more';

/** The page that says them is what they are taken from. */
const page = await readFile('deploy/README.md', 'utf8');
const redisRights = (/^ACL SETUSER coupon-notifier on >password (.*)$/m.exec(page)?.[1] ?? '').split(' ');
const podsPolicy = JSON.parse(
  /Least rights for pods[^]*?```json\n([^]*?)```/.exec(page)?.[1] ?? 'null',
) as Policy;
const kafkaRights = [...page.matchAll(/^\| ((?:topic|group|the three|`KAFKA_\w+`).*?) +\| `(\w+)` +\|/gm)]
  .map(([, resource = '', operation = '']) => ({ resource, operation }))
  .filter(({ operation }) => ['Read', 'Write', 'Create'].includes(operation));

let obstacle: string | undefined;
let services: RunningServices;
let kafka: SecureKafka;
let guard: S3Guard;
let directory: string;
let run: Scenario;
let redis: Redis;

beforeEach(({ skip }) => {
  skip(obstacle !== undefined, obstacle);
});

beforeAll(async () => {
  obstacle = (await findLocalObstacle('kafka')) ?? (await findLocalObstacle('redis'));
  if (obstacle !== undefined) return;
  directory = await mkdtemp(join(tmpdir(), 'least-rights-'));
  kafka = await startSecureKafka({
    ...{ directory, clientAuthority: GOOD, tokenKeys: '{"keys":[]}', reauthenticateMs: 0 },
    plainUser: KAFKA_USER,
    properties: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      // The test itself, on the listener that is open.
      'super.users': 'User:ANONYMOUS',
    },
  });
  services = await startServices({ say: () => undefined, kafka: false, s3: false, origins: ['local'] });
  const { address } = services.service('redis');
  redis = new Redis(address);
  await redis.call('ACL', 'SETUSER', REDIS_USER, 'on', `>${REDIS_PASSWORD}`, ...redisRights);
  guard = await startS3Guard(inject('services')['S3_ENDPOINT'] ?? '', { Statement: [] });
  run = await startScenario({
    ...{ pods: 2, events: 5000 },
    brokers: kafka.openAddress,
    redis: { url: address },
    env: {
      ...{ NODE_EXTRA_CA_CERTS: kafka.certificate.pemFile, KAFKA_BROKERS: kafka.address, KAFKA_SSL: 'true' },
      ...{ KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: KAFKA_USER.name },
      KAFKA_SASL_PASSWORD: KAFKA_USER.password,
      REDIS_URL: `redis://${REDIS_USER}:${REDIS_PASSWORD}@${new URL(address).host}`,
      S3_ENDPOINT: guard.url,
    },
    envOf: (_pod, { topic }) => ({ KAFKA_DECISION_TOPIC: `${topic}.decisions` }),
  });
  guard.policy = policyFor(run.names);
  for (const acl of aclsOf(run.names)) await allow(acl);
}, 300_000);

afterAll(async () => {
  if (obstacle !== undefined) return;
  await run.stop();
  redis.disconnect();
  await Promise.all([guard.stop(), kafka.stop(), services.stop()]);
  await rm(directory, { recursive: true, force: true });
}, 60_000);

/** The policy of the page, of this scenario's documents. */
function policyFor({ rulesUri, merchantsUri }: RunNames): Policy {
  const [bucket = '', ...key] = rulesUri.slice('s3://'.length).split('/');
  const merchants = merchantsUri.slice(`s3://${bucket}/`.length);
  const text = JSON.stringify(podsPolicy)
    .replaceAll('BUCKET', bucket)
    .replaceAll('live/rules.yaml', key.join('/'))
    .replaceAll('live/merchants.json', merchants);
  return JSON.parse(text) as Policy;
}

type NamedAcl = AclEntry & { readonly name: string };

function aclsOf(names: RunNames): NamedAcl[] {
  const decisions = `${names.topic}.decisions`;
  const named: Readonly<Record<string, readonly string[]>> = {
    'topic `location-events`': [names.topic],
    'group `coupon-notifier`': [names.groupId],
    'topic `location-events.dead-letter`': [names.deadLetterTopic],
    '`KAFKA_OUTCOME_TOPIC`': [names.outcomeTopic],
    '`KAFKA_DECISION_TOPIC`': [decisions],
    'the three topics that are written to': [names.deadLetterTopic, names.outcomeTopic, decisions],
  };
  return kafkaRights.flatMap(({ resource, operation }) =>
    (named[resource] ?? []).map((resourceName) => ({
      name: `${operation} on ${resource}`,
      ...{ resourceName, principal: `User:${KAFKA_USER.name}`, host: '*' },
      resourceType: resource.startsWith('group') ? AclResourceTypes.GROUP : AclResourceTypes.TOPIC,
      resourcePatternType: ResourcePatternTypes.LITERAL,
      operation:
        { Read: AclOperationTypes.READ, Write: AclOperationTypes.WRITE }[operation] ??
        AclOperationTypes.CREATE,
      permissionType: AclPermissionTypes.ALLOW,
    })),
  );
}

const allow = ({ name: _name, ...acl }: NamedAcl): Promise<unknown> =>
  withAdmin(run.kafka, (admin) => admin.createAcls({ acl: [acl] }));

const takeAway = ({ name: _name, ...acl }: NamedAcl): Promise<unknown> =>
  withAdmin(run.kafka, (admin) => admin.deleteAcls({ filters: [acl] }));

function podAt(number: number): PodProcess {
  const pod = run.pods[number];
  if (pod === undefined) throw new Error('no such pod');
  return pod;
}

async function expectAllKept(): Promise<void> {
  await run.untilDrained();
  expect((await run.promises()).filter(({ holds }) => !holds)).toEqual([]);
}

it('with exactly these every promise holds, and nobody is refused anything', async () => {
  expect([redisRights.length, kafkaRights.length]).toEqual([11, 6]);
  await Promise.all(run.pods.map((pod) => pod.start()));
  await Promise.all(run.pods.map((pod) => pod.waitUntilReady()));
  await run.play(600, 300);
  await expectAllKept();
  const outcomes = new Set(run.observer.outcomes.map(({ outcome }) => outcome));
  expect([...outcomes]).toEqual(expect.arrayContaining(['queued', 'filtered', 'dead_lettered', 'sent']));
  expect(guard.refused).toEqual([]);
  expect(await refusedByRedis()).toEqual(['info']);
  expect(
    await withAdmin(run.kafka, (admin) => admin.fetchTopicOffsets(`${run.names.topic}.decisions`)),
  ).not.toEqual([]);
});

/** Commands and keys that the pods' user was refused since the list was emptied. */
async function refusedByRedis(): Promise<string[]> {
  const entries = (await redis.call('ACL', 'LOG', '128')) as readonly (readonly string[])[];
  const objects = entries
    .filter((entry) => entry[entry.indexOf('username') + 1] === REDIS_USER)
    .map((entry) => String(entry[entry.indexOf('object') + 1]));
  return [...new Set(objects)].sort();
}

it.each(redisRights.filter((right) => /^[+~&]/.test(right) && right !== '~{coupon-notifier:queue}:*'))(
  'Redis: without %s something is refused, and with it all goes on',
  async (right) => {
    await redis.call('ACL', 'LOG', 'RESET');
    const others = redisRights.filter((one) => one !== right);
    await redis.call('ACL', 'SETUSER', REDIS_USER, 'nocommands', 'resetkeys', 'resetchannels', ...others);
    // What is asked for once a connection is missed by connections that are new.
    await redis.call('CLIENT', 'KILL', 'USER', REDIS_USER);
    const playing = run.play(40, 40);
    await eventually(async () => {
      expect((await refusedByRedis()).filter((name) => name !== 'info')).not.toEqual([]);
    });
    await redis.call('ACL', 'SETUSER', REDIS_USER, 'nocommands', 'resetkeys', ...redisRights);
    await playing;
    await run.untilDrained();
  },
);

const isOfGroup = ({ resourceType }: NamedAcl): boolean => resourceType === AclResourceTypes.GROUP;

it('Kafka: a right that is missing is named by the pod, and is enough when it comes back', async () => {
  const acls = aclsOf(run.names).filter(
    (acl) => acl.operation !== AclOperationTypes.CREATE && !isOfGroup(acl),
  );
  expect(acls).toHaveLength(4);
  for (const acl of acls) {
    const before = await Promise.all(run.pods.map(async (pod) => (await run.log(pod)).length));
    await takeAway(acl);
    // So many that broken ones are among them: each topic is needed.
    const playing = run.play(400, 200);
    await eventually(async () => {
      const said = await Promise.all(run.pods.map((pod, at) => complaintsOf(pod, before[at] ?? 0)));
      expect(said.join('\n'), acl.name).toContain(acl.resourceName);
    });
    await allow(acl);
    await playing;
    await run.untilDrained();
  }
  await expectAllKept();
});

it('Kafka: without the right to their group pods end and say why, and go on with it when they are started', async () => {
  const [acl] = aclsOf(run.names).filter(isOfGroup);
  if (acl === undefined) throw new Error('no right to the group');
  await takeAway(acl);
  await eventually(() => {
    expect(run.pods.map((pod) => pod.isRunning())).toEqual([false, false]);
  });
  expect(await podAt(0).lastWords()).toMatch(/exit code 1.*authorized to access group/s);
  await allow(acl);
  await Promise.all(run.pods.map((pod) => pod.start()));
  await Promise.all(run.pods.map((pod) => pod.waitUntilReady()));
  await run.play(60, 60);
  await expectAllKept();
});

/** All that a pod says is not well. @param before lines of its log that are older than what may be wrong. */
async function complaintsOf(pod: PodProcess, before: number): Promise<string> {
  const ready = await (await fetch(`${pod.url}/ready`)).text();
  const { reasons = [] } = (await pod.status()) ?? {};
  const log = (await run.log(pod)).slice(before).filter(({ level }) => level === 'warn' || level === 'error');
  return [ready, ...reasons, ...log.map((line) => JSON.stringify(line))].join('\n');
}

it('S3: a document that may not be read any more is told, and the last good one stays in force', async () => {
  guard.policy = { Statement: [] };
  await eventually(async () => {
    const status = await podAt(0).status();
    expect(status?.rules.lastError).toMatch(/denied|forbidden|403/i);
    expect(status?.rules.version).not.toBeNull();
  });
  guard.policy = policyFor(run.names);
  await eventually(async () => {
    expect((await podAt(0).status())?.rules.lastError).toBeNull();
  });
  await run.play(50, 100);
  await expectAllKept();
});
