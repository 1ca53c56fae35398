/**
 * `docker compose up` builds the image once, asks no registry for it, and takes no port that can't be another one. Read
 * from the file itself, so that it holds where there is no Docker.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { readConfig } from '../../../src/config/config.ts';
import { IMAGES } from '../../simulation/services/docker/images.ts';

const serviceSchema = z.object({
  image: z.string(),
  command: z.unknown().optional(),
  build: z.unknown().optional(),
  pull_policy: z.string().optional(),
  ports: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.unknown()).default({}),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
});
const fileSchema = z.object({ services: z.record(z.string(), serviceSchema) });

const text = readFileSync('docker-compose.yml', 'utf8');
const dockerfile = readFileSync('Dockerfile', 'utf8');
const { services } = fileSchema.parse(parse(text, { merge: true }));
/** Which service builds each of our images. */
const BUILDERS = {
  '${NOTIFIER_IMAGE:-coupon-push-notifier}': 'image',
  '${SIMULATION_IMAGE:-coupon-push-notifier-simulation}': 'simulation-image',
} as const;
type OurImage = keyof typeof BUILDERS;
const isOurs = (image: string): image is OurImage => image in BUILDERS;
const ours = Object.entries(services).flatMap(([name, service]) =>
  isOurs(service.image) ? [{ name, service, builder: BUILDERS[service.image] }] : [],
);

describe('docker-compose.yml', () => {
  it('builds each image in one service, which all others of that image wait for', () => {
    expect(ours.length).toBeGreaterThan(6);
    for (const { name, service, builder } of ours) {
      expect(service.build !== undefined, name).toBe(name === builder);
      expect(service.depends_on[builder], name).toEqual(
        name === builder ? undefined : { condition: 'service_completed_successfully' },
      );
    }
  });

  it('never asks a registry for an image of its own', () => {
    for (const { name, service } of ours) expect(service.pull_policy, name).toBe('never');
  });

  it('runs the simulation from an image of its own, and pods from one without it', () => {
    for (const { name, service, builder } of ours) {
      const simulates = JSON.stringify(service.command ?? '').includes('test/simulation/');
      if (name !== builder) expect(builder, name).toBe(simulates ? 'simulation-image' : 'image');
    }
    const service = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
    expect(service).toMatch(/^\nFROM base$/m);
    const base = dockerfile.slice(dockerfile.indexOf(' AS base'), dockerfile.indexOf(' AS simulation'));
    expect(base + service).not.toContain('test/simulation');
  });

  it('has every host port as a variable with a default of its own, on this machine alone', () => {
    const ports = Object.values(services).flatMap((service) => service.ports);
    const read = ports.map((port) => /^127\.0\.0\.1:\$\{([A-Z0-9_]+):-(\d+)\}:\d+$/.exec(port));
    expect(ports.filter((_, at) => read[at] === null)).toEqual([]);
    const names = read.map((match) => match?.[1]);
    expect(names.length).toBeGreaterThan(4);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(read.map((match) => match?.[2])).size).toBe(names.length);
  });

  it('sends Kafka’s clients of this machine to the port that is published', () => {
    const { ports = [], environment = {} } = services['kafka'] ?? {};
    const [, published, inside = ''] = /^127\.0\.0\.1:(\$\{.*\}):(\d+)$/.exec(ports[0] ?? '') ?? [];
    expect(environment['KAFKA_ADVERTISED_LISTENERS']).toContain(`HOST://localhost:${published ?? '?'}`);
    expect(environment['KAFKA_LISTENERS']).toContain(`HOST://:${inside},`);
  });

  it('names every variable at its top, with the default', () => {
    const head = text.slice(0, text.indexOf('\nname:'));
    const used = [...text.matchAll(/\$\{([A-Z0-9_]+):-([^}]*)\}/g)];
    expect(used.length).toBeGreaterThan(8);
    for (const [, name = '', fallback = ''] of used) {
      const line = head.split('\n').find((one) => new RegExp(`(^|[ ,])${name}[ ,:]`).test(one));
      expect(line, name).toBeDefined();
      if (/^(?:\d{4,5}|node:.*|coupon-push-notifier)$/.test(fallback)) expect(line, name).toContain(fallback);
    }
  });

  it('runs the services that the demo runs', () => {
    for (const kind of ['kafka', 'redis', 's3'] as const)
      expect(services[kind]?.image, kind).toBe(IMAGES[kind]);
    expect(text).toContain(
      `NODE_IMAGE: \${NODE_IMAGE:-${/^ARG NODE_IMAGE=(.*)$/m.exec(dockerfile)?.[1] ?? '?'}}`,
    );
  });
});

describe('Dockerfile', () => {
  it('runs node itself as a user who owns nothing, and is asked whether it is alive', () => {
    const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(last).toMatch(/^HEALTHCHECK /m);
    expect(last).toMatch(/^CMD \["node", "dist\/main\.js"\]$/m);
  });
});

describe('the image', () => {
  const stages = dockerfile.split(/^FROM /m).slice(1);

  it('stands on one base that a build may name by its digest', () => {
    expect(dockerfile).toMatch(/^ARG NODE_IMAGE=node:\d+-bookworm-slim$/m);
    for (const stage of stages)
      expect(stage).toMatch(/^(\$\{NODE_IMAGE\}( AS \w+)?|base( AS simulation)?)\n/);
  });

  it('holds a bill of materials of what is installed in it, and says what it is', () => {
    const packages = stages.find((stage) => stage.includes(' AS packages')) ?? '';
    expect(packages.indexOf('npm sbom --omit=dev')).toBeGreaterThan(packages.indexOf('npm ci --omit=dev'));
    expect(packages.indexOf('npm sbom')).toBeLessThan(packages.indexOf('rm -rf'));
    expect(dockerfile).toMatch(/^COPY --from=packages [^\n]*\/app\/sbom\.cdx\.json/m);
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(stages.at(-1)).toContain(`ARG VERSION=${version}\n`);
    for (const label of ['title', 'description', 'version', 'revision', 'created', 'base.name'])
      expect(stages.at(-1)).toContain(`org.opencontainers.image.${label}=`);
  });

  it('keeps what V8 made of a pod that started, and nobody may write it later', () => {
    const base = stages.find((stage) => stage.includes(' AS base')) ?? '';
    const [run = ''] = /^RUN install (?:.*\\\n)*.*/m.exec(base) ?? [];
    const environment = Object.fromEntries(
      [...run.matchAll(/\b([A-Z0-9_]+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]),
    );
    expect(() => readConfig(environment)).not.toThrow();
    expect(run).toMatch(/--reuid=node .* node dist\/main\.js/);
    const kept = /^ENV NODE_COMPILE_CACHE=\/app\/(\S+)$/m.exec(base)?.[1] ?? '?';
    expect(run).toContain(`--owner=node ${kept} `);
    expect(run).toMatch(new RegExp(`chown -R root:root ${kept} && chmod -R a=rX ${kept}$`));
  });

  it('is run by a user who is not root, by node itself, and takes no secret at its build', () => {
    expect(stages.find((stage) => stage.includes(' AS base'))?.trimEnd()).toMatch(/^USER node$/m);
    expect(stages.at(-1)).not.toMatch(/^USER/m);
    expect(stages.at(-1)).toMatch(/^CMD \["node", "dist\/main\.js"\]$/m);
    expect(dockerfile).not.toMatch(/^(ARG|ENV) \w*(PASSWORD|SECRET|TOKEN|KEY)/m);
    expect(dockerfile).not.toMatch(/^ADD /m);
  });
});
