/** Services are chosen by what really answers, and a dead end is told once, with every way out. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { kafkaEnvironment } from '../../../../src/simulation/services/docker-service.ts';
import { useGivenService } from '../../../../src/simulation/services/given-service.ts';
import { readDownloadedMegabytes } from '../../../../src/simulation/services/maven.ts';
import { startServices } from '../../../../src/simulation/services/start-services.ts';
import { readJavaMajor } from '../../../../src/simulation/services/toolchain.ts';

const quiet = (): void => undefined;

describe('choosing', () => {
  it('names every way out when there is neither Docker nor Java and Maven', async () => {
    const start = startServices({ say: quiet, environment: { PATH: '/nowhere' } });
    await expect(start).rejects.toThrow(
      /Cannot start kafka, redis, s3: no Docker engine[^]*no java[^]*Docker with a running engine[^]*Java 17 or newer and Maven[^]*KAFKA_BROKERS, REDIS_URL, S3_ENDPOINT/,
    );
  });

  it('says that a Java is too old', async () => {
    const home = await mkdtemp(join(tmpdir(), 'old-java-'));
    const java = join(home, 'bin', 'java');
    await mkdir(join(home, 'bin'));
    await writeFile(java, '#!/bin/sh\necho \'openjdk version "11.0.2" 2019-01-15\' >&2\n');
    await chmod(java, 0o755);
    const start = startServices({
      say: quiet,
      environment: { PATH: '/nowhere', JAVA_HOME: home },
      redis: false,
    });
    await expect(start).rejects.toThrow('Java 11.0.2 is too old, 17 or newer is needed');
    await rm(home, { recursive: true });
  });

  it('names the variable of a given service that does not answer', async () => {
    const given = { kind: 'redis', address: 'redis://127.0.0.1:1', environment: {}, buckets: [] } as const;
    await expect(useGivenService(given, 300)).rejects.toThrow(/REDIS_URL: no answer/);
  });

  it.each([
    ['17.0.15', 17],
    ['1.8.0_392', 8],
    ['21-ea', 21],
    ['25', 25],
  ])('reads the major version of Java %s', (version, major) => {
    expect(readJavaMajor(version)).toBe(major);
  });

  it('writes broker settings as the Kafka image reads them', () => {
    expect(kafkaEnvironment({ 'node.id': '1', 'a_b-c': 'x' })).toEqual({
      KAFKA_NODE_ID: '1',
      KAFKA_A__B___C: 'x',
    });
  });

  it('adds up what Maven has downloaded', () => {
    const log =
      'Downloading from central: https://h/a.jar\nDownloaded from central: https://h/a.jar (12 MB at 37 MB/s)\n' +
      'Downloaded from central: https://h/b.pom (500 kB at 1 MB/s)\nProgress (1): 64/94 kB\rProgress (2): 1.5/3.0 MB | 500 kB';
    expect(readDownloadedMegabytes(log)).toBeCloseTo(14.5, 3);
  });
});
