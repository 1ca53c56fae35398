/** Services are chosen by what really answers, and a dead end is told once, with every way out. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { IMAGES, REAPER_IMAGE } from '../../../simulation/services/docker/images.ts';
import { kafkaEnvironment, retryTakenPorts } from '../../../simulation/services/docker-service.ts';
import { useGivenService } from '../../../simulation/services/given-service.ts';
import { readDownloadedMegabytes } from '../../../simulation/services/maven.ts';
import { readOrigins } from '../../../simulation/services/origins.ts';
import { startServices } from '../../../simulation/services/start-services.ts';
import { readJavaMajor } from '../../../simulation/services/toolchain.ts';
import { json, startFakeEngine } from '../../../support/services/fake-engine.ts';

const quiet = (): void => undefined;

/** Of a machine without anything, whatever this one has. */
const NOTHING = { PATH: '/nowhere', HOME: '/nowhere', DOCKER_HOST: 'unix:///nowhere/docker.sock' };

describe('choosing', () => {
  it('names every way out when there is neither Docker nor Java and Maven', async () => {
    const start = startServices({ say: quiet, environment: NOTHING });
    await expect(start).rejects.toThrow(
      /Cannot start kafka, redis, s3: no Docker engine[^]*no java[^]*Docker with a running engine[^]*Java 17 or newer and Maven[^]*KAFKA_BROKERS, REDIS_URL, S3_ENDPOINT/,
    );
  });

  it('names the image, the engine’s words and the ways out, where an image can not be had and nothing else is there', async () => {
    const engine = await startFakeEngine({
      images: [REAPER_IMAGE, IMAGES.redis, IMAGES.s3],
      pull: () => json({ message: 'toomanyrequests: You have reached your pull rate limit.' }, 429),
    });
    const said: string[] = [];
    const start = startServices({
      say: (line) => said.push(line),
      environment: { ...NOTHING, DOCKER_HOST: engine.host },
    });
    await expect(start).rejects.toThrow(
      /^Cannot start kafka: the image apache\/kafka:4\.1\.1 can't be had by the engine at unix:[^]*toomanyrequests: You have reached your pull rate limit[^]*on the engine apache\/kafka:4\.1\.1: `docker pull` by hand \(after `docker login`[^]*or\n {2}- Java 17 or newer and Maven[^]*KAFKA_BROKERS$/,
    );
    expect(said.filter((line) => line.includes(IMAGES.kafka))).toHaveLength(2);
    await engine.stop();
  });

  it('takes what a person wants of what can be used, and says where nothing is left', async () => {
    const environment = { ...NOTHING, SERVICE_ORIGINS: 'given' };
    await expect(startServices({ say: quiet, environment })).rejects.toThrow(
      /^Cannot start kafka, redis, s3: nothing that may serve is there\.[^]*KAFKA_BROKERS, REDIS_URL, S3_ENDPOINT, or\n {2}- docker or local among the origins asked for \(SERVICE_ORIGINS, --origins\)$/,
    );
    const mustBeLocal = { say: quiet, origins: ['local'], environment } as const;
    await expect(startServices({ ...mustBeLocal, s3: false, redis: false })).rejects.toThrow(
      /^Cannot start kafka: nothing that may serve is there\.\nNeeded:\n {2}- local among the origins asked for/,
    );
    // A command line's word wins over the environment's.
    await expect(startServices({ say: quiet, environment, allowed: ['docker'] })).rejects.toThrow(
      /no Docker engine \(unix:\/\/\/nowhere\/docker\.sock of DOCKER_HOST: nothing listens there/,
    );
    await expect(
      startServices({ say: quiet, environment: { ...NOTHING, SERVICE_ORIGINS: 'dokcer,local' } }),
    ).rejects.toThrow('SERVICE_ORIGINS: expected a list of given, docker, local, not "dokcer"');
  });

  it.each([
    [undefined, undefined],
    ['', undefined],
    [' , ', undefined],
    ['local, docker', ['docker', 'local']],
  ])('reads %j', (text, origins) => {
    expect(readOrigins(text, '--origins')).toEqual(origins);
  });

  it('tries other ports when one is taken, and no more than four times', async () => {
    let tries = 0;
    const taken = new Error(
      '(HTTP code 500) driver failed: Bind for 0.0.0.0:20001 failed: port is already allocated',
    );
    const launch = async (): Promise<string> => {
      tries += 1;
      if (tries < 3) throw taken;
      return 'up';
    };
    expect(await retryTakenPorts(launch)).toBe('up');
    const always = retryTakenPorts(async () => {
      tries += 1;
      throw taken;
    });
    await expect(always).rejects.toBe(taken);
    expect(tries).toBe(3 + 4);
    const other = new Error('no such image');
    await expect(retryTakenPorts(() => Promise.reject(other))).rejects.toBe(other);
  });

  it('says that a Java is too old', async () => {
    const home = await mkdtemp(join(tmpdir(), 'old-java-'));
    const java = join(home, 'bin', 'java');
    await mkdir(join(home, 'bin'));
    await writeFile(java, '#!/bin/sh\necho \'openjdk version "11.0.2" 2019-01-15\' >&2\n');
    await chmod(java, 0o755);
    const start = startServices({
      say: quiet,
      environment: { ...NOTHING, JAVA_HOME: home },
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
