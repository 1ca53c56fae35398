/**
 * What deploy/kubernetes says is what Kubernetes knows, what the service's configuration knows, and what its limits ask
 * for. Read from the files themselves, so that it holds where there is no cluster.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '../../../src/config/config.ts';
import { VARIABLES } from '../../../src/config/variables.ts';
import { CLOSING_LIMIT_MS } from '../../../src/runtime/closing-limit.ts';
import { objectFaults, type KubernetesObject } from '../../support/strict-objects.ts';

const ROOT = 'deploy/kubernetes';
const OVERLAYS = readdirSync(`${ROOT}/overlays`);

/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-call -- objects are asked by path; the schemas have checked the rest */
const read = (path: string): any => parse(readFileSync(`${ROOT}/${path}`, 'utf8'));

const base = read('base/kustomization.yaml');
const deployment = read('base/deployment.yaml');
const pod = deployment.spec.template.spec;
const [container] = pod.containers;
const secret = read('base/secret.example.yaml');
const hpa = read('overlays/hpa/horizontal-pod-autoscaler.yaml');
const scaledObject = read('overlays/keda/scaled-object.yaml');
const settings = parseEnv(readFileSync(`${ROOT}/base/settings.env`, 'utf8'));

const objects: readonly KubernetesObject[] = [
  ...base.resources.map((file: string) => read(`base/${file}`)),
  ...[secret, hpa, scaledObject],
];

describe('the objects', () => {
  it('are what Kubernetes and KEDA know, key by key', () => {
    expect(objectFaults(objects)).toEqual([]);
  }, 60_000);

  it('a wrong value, an unknown key and an unknown kind would be seen', () => {
    const wrong = structuredClone(deployment);
    wrong.spec.replicas = 'two';
    wrong.spec.template.spec.containers[0].livenesProbe = {};
    const faults = objectFaults([wrong, { apiVersion: 'apps/v1', kind: 'Deploymnt' }]).join('\n');
    expect(faults).toMatch(/integer/);
    expect(faults).toMatch(/livenesProbe/);
    expect(faults).toMatch(/Deploymnt.*no such kind/);
  }, 60_000);

  it('every file is part of the base or of an overlay', () => {
    const files = readdirSync(`${ROOT}/base`).filter(
      (file) => !/^(kustomization|secret\.example)\.yaml$/.test(file),
    );
    const named = [...base.resources, ...base.configMapGenerator.flatMap(({ envs }: any) => envs)];
    expect(named.sort()).toEqual(files.sort());
    for (const overlay of OVERLAYS) {
      const { resources } = read(`overlays/${overlay}/kustomization.yaml`);
      const own = readdirSync(`${ROOT}/overlays/${overlay}`).filter((file) => file !== 'kustomization.yaml');
      expect(resources.sort(), overlay).toEqual(['../../base', ...own].sort());
    }
  });

  it('select the pods that the deployment makes', () => {
    const labels = deployment.spec.template.metadata.labels;
    const selectors = [
      deployment.spec.selector.matchLabels,
      read('base/service.yaml').spec.selector,
      read('base/pod-disruption-budget.yaml').spec.selector.matchLabels,
      read('base/network-policy.yaml').spec.podSelector.matchLabels,
      ...pod.topologySpreadConstraints.map(({ labelSelector }: any) => labelSelector.matchLabels),
    ];
    for (const selector of selectors) expect(labels).toMatchObject(selector);
    for (const { scaleTargetRef } of [hpa.spec, scaledObject.spec])
      expect(scaleTargetRef).toEqual({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        name: deployment.metadata.name,
      });
  });
});

describe('the environment', () => {
  const FILES = '/run/secrets/coupon-notifier';
  const given: Record<string, string> = Object.fromEntries(
    container.env.map(({ name, value }: any) => [name, value]),
  );

  it('has only variables that the service knows', () => {
    const isKnown = (name: string): boolean => name in VARIABLES || secretOf(name) !== undefined;
    expect([...Object.keys(settings), ...Object.keys(given)].filter((name) => !isKnown(name))).toEqual([]);
  });

  it('has each secret as a file, and none in the settings', () => {
    const secrets = Object.entries(VARIABLES).filter(([, { isSecret }]) => isSecret);
    for (const [name] of secrets) expect(settings).not.toHaveProperty(name);
    const files = Object.entries(given).filter(([name]) => secretOf(name) !== undefined);
    const mount = container.volumeMounts.find(({ mountPath }: any) => mountPath === FILES);
    const volume = pod.volumes.find(({ name }: any) => name === mount.name);
    expect(volume.secret.secretName).toBe(secret.metadata.name);
    expect(files.map(([, path]) => path).sort()).toEqual(
      Object.keys(secret.stringData)
        .map((key) => `${FILES}/${key}`)
        .sort(),
    );
  });

  it('is one that a pod starts from', () => {
    const directory = mkdtempSync(join(tmpdir(), 'kubernetes-'));
    try {
      for (const [key, value] of Object.entries(secret.stringData))
        writeFileSync(join(directory, key), String(value));
      const moved = Object.entries(given).map(([name, value]) => [
        name,
        name === 'POD_NAME' ? 'pod-1' : value.replace(FILES, directory),
      ]);
      expect(() => readConfig({ ...settings, ...Object.fromEntries(moved) })).not.toThrow();
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('reaches no port that the network policy closes', () => {
    const { egress } = read('base/network-policy.yaml').spec;
    const open = new Set(egress.flatMap(({ ports }: any) => ports.map(({ port }: any) => port)));
    const urls = [...Object.values(settings), secret.stringData['redis-url']].filter((value) =>
      /^\w+:\/\//.test(value),
    );
    const ports = urls
      .filter((url) => !url.startsWith('s3:'))
      .map((url) => new URL(url))
      .map(({ port }) => (port === '' ? 443 : Number(port)));
    const brokers = String(settings['KAFKA_BROKERS']).split(',');
    for (const port of [...ports, ...brokers.map((broker) => Number(broker.split(':')[1]))])
      expect([...open]).toContain(port);
  });

  it('reaches the agent of the pod identity that the login by AWS asks, and brokers that know it', () => {
    const { egress } = read('base/network-policy.yaml').spec;
    const portsOf = (address: string): unknown =>
      egress.find(({ to }: any) => to.some(({ ipBlock }: any) => ipBlock?.cidr === address))?.ports;
    for (const agent of ['169.254.170.23/32', 'fd00:ec2::23/128'])
      expect(portsOf(agent), agent).toEqual([{ protocol: 'TCP', port: 80 }]);
    expect(portsOf('0.0.0.0/0')).toContainEqual({ protocol: 'TCP', port: 9098 });
  });

  function secretOf(name: string): string | undefined {
    const secretName = name.replace(/_FILE$/, '');
    const variable = Object.entries(VARIABLES).find(([known]) => known === secretName)?.[1];
    return name.endsWith('_FILE') && variable?.isSecret === true ? secretName : undefined;
  }
});

describe('the pod', () => {
  it('has the time that a planned stop may take', () => {
    const drainMs = Number(settings['DRAIN_TIMEOUT_MS']);
    const graceMs = pod.terminationGracePeriodSeconds * 1000;
    expect(graceMs).toBeGreaterThanOrEqual(drainMs + CLOSING_LIMIT_MS + 1000);
    const compose = readFileSync('docker-compose.yml', 'utf8');
    expect(Number(/stop_grace_period: (\d+)s/.exec(compose)?.[1]) * 1000).toBeGreaterThanOrEqual(graceMs);
  });

  it('is as locked up as Pod Security’s restricted profile asks, and more', () => {
    expect(pod.securityContext).toMatchObject({
      ...{ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(pod.securityContext.runAsUser).toBeGreaterThan(0);
    for (const { securityContext } of pod.containers) {
      expect(securityContext).toEqual({
        ...{ allowPrivilegeEscalation: false, privileged: false, readOnlyRootFilesystem: true },
        capabilities: { drop: ['ALL'] },
      });
    }
    for (const forbidden of ['hostNetwork', 'hostPID', 'hostIPC']) expect(pod).not.toHaveProperty(forbidden);
    expect(pod.volumes.every((volume: any) => 'secret' in volume)).toBe(true);
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(read('base/namespace.yaml').metadata.labels).toMatchObject({
      'pod-security.kubernetes.io/enforce': 'restricted',
    });
  });

  it('is asked for life and readiness where the service answers', () => {
    const [{ name, containerPort }] = container.ports;
    expect(containerPort).toBe(Number(VARIABLES.PORT.shownDefault.replaceAll('`', '')));
    const paths = { startupProbe: '/live', livenessProbe: '/live', readinessProbe: '/ready' };
    for (const [probe, path] of Object.entries(paths))
      expect(container[probe].httpGet).toEqual({ path, port: name });
    expect(read('base/service.yaml').spec.ports).toMatchObject([{ targetPort: name }]);
    expect(deployment.spec.template.metadata.annotations['prometheus.io/port']).toBe(String(containerPort));
  });
});

it('pods are never more than partitions, nor fewer than can stand in for each other', () => {
  const compose = read('../../docker-compose.yml');
  const partitions = compose.services.kafka.environment.KAFKA_NUM_PARTITIONS;
  expect(hpa.spec).toMatchObject({ minReplicas: 2, maxReplicas: partitions });
  expect(scaledObject.spec).toMatchObject({ minReplicaCount: 2, maxReplicaCount: partitions });
  expect(scaledObject.spec.fallback.replicas).toBeLessThanOrEqual(partitions);
  expect(scaledObject.spec.triggers[0].metadata.query).toContain('sum(coupon_notifier_curable_lag');
  expect(deployment.spec.replicas).toBeGreaterThanOrEqual(2);
});

it.each(OVERLAYS)('the overlay %s leaves the number of pods to its autoscaler', (overlay) => {
  const { patches, images } = read(`overlays/${overlay}/kustomization.yaml`);
  expect(patches.map(({ patch }: any) => parse(patch))).toEqual([[{ op: 'remove', path: '/spec/replicas' }]]);
  expect(images.map(({ name }: any) => name)).toEqual([container.image]);
});
