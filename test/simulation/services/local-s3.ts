/**
 * S3 as one JVM: Adobe S3Mock's executable jar, its main connector turned to plain HTTP on loopback.
 * Its second connector cannot be switched off or bound to an address: it gets a random port, used by nobody.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { artifactDirectory, S3MOCK_VERSION } from './artifacts.ts';
import { QUICK_JVM_FLAGS } from './broker-plan.ts';
import type { LocalServiceSpec } from './local-service.ts';
import type { S3Options } from './options.ts';
import { probeS3 } from './readiness.ts';
import { STAND_IN_AWS_ENV } from './service.ts';

const HEAP_FLAG = '-Xmx256m';

/** `java` is the path of a Java 17 or newer. */
export function localS3({ buckets = [] }: S3Options, java: string): LocalServiceSpec {
  return {
    name: 's3',
    kind: 's3',
    portCount: 1,
    async plan(directory, [port]) {
      const address = `http://127.0.0.1:${String(port)}`;
      const root = join(directory, 'data');
      await mkdir(root);
      const store = 'com.adobe.testing.s3mock.store';
      return {
        command: java,
        args: [
          ...[...QUICK_JVM_FLAGS, HEAP_FLAG, `-Djava.io.tmpdir=${directory}`],
          ...['-jar', join(artifactDirectory('s3mock'), `s3mock-${S3MOCK_VERSION}-exec.jar`)],
          ...['--server.address=127.0.0.1', `--server.port=${String(port)}`, '--server.ssl.enabled=false'],
          ...[
            '--com.adobe.testing.s3mock.http-port=0',
            '--logging.level.root=WARN',
            '--spring.main.banner-mode=off',
          ],
          ...[`--${store}.root=${root}`, `--${store}.retain-files-on-exit=true`],
          ...(buckets.length === 0 ? [] : [`--${store}.initial-buckets=${buckets.join(',')}`]),
        ],
        address,
        env: { S3_ENDPOINT: address, ...STAND_IN_AWS_ENV },
        // Beans are made lazily: the first request waits for the store and its buckets.
        probe: () => probeS3(address, buckets.at(-1)),
      };
    },
  };
}
