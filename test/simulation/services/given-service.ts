/** A service that somebody else runs, by the address in the environment: asked whether it answers, never touched. */
import { ADDRESS_VARIABLES } from './choose-origins.ts';
import { pollUntil, probeKafka, probeRedis, probeS3 } from './readiness.ts';
import { refuseFaults, type ServiceHandle, type ServiceKind } from './service.ts';

/** How long a given service may take to answer before the start fails. */
const ANSWER_TIMEOUT_MS = 15_000;

const AWS_VARIABLES = [
  'AWS_REGION',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
] as const;

export interface GivenService {
  readonly kind: ServiceKind;
  readonly address: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Created in a given S3 where they are missing. */
  readonly buckets: readonly string[];
}

/** Resolves when the service answers; rejects, naming the variable, when it does not in `timeoutMs`. */
export async function useGivenService(
  { kind, address, environment, buckets }: GivenService,
  timeoutMs = ANSWER_TIMEOUT_MS,
): Promise<ServiceHandle> {
  const probe = (): Promise<void> => {
    if (kind === 'kafka') return probeKafka(address, environment);
    return kind === 'redis' ? probeRedis(address) : probeS3(address);
  };
  const env: Record<string, string> = { [ADDRESS_VARIABLES[kind]]: address };
  if (kind === 's3') {
    env['AWS_REGION'] = 'us-east-1';
    for (const name of AWS_VARIABLES) if (environment[name] !== undefined) env[name] = environment[name];
  }
  const handle: ServiceHandle = {
    name: kind,
    kind,
    origin: 'given',
    address,
    env,
    ...refuseFaults(kind, 'given'),
    async waitUntilReady(limitMs = ANSWER_TIMEOUT_MS) {
      try {
        await pollUntil(probe, { timeoutMs: limitMs });
      } catch (error) {
        throw new Error(`${ADDRESS_VARIABLES[kind]}: ${(error as Error).message}`, { cause: error });
      }
    },
    stop: () => Promise.resolve(),
  };
  await handle.waitUntilReady(timeoutMs);
  if (kind === 's3' && buckets.length > 0) await createBuckets(address, env, buckets);
  return handle;
}

async function createBuckets(
  endpoint: string,
  env: Readonly<Record<string, string>>,
  buckets: readonly string[],
): Promise<void> {
  const { CreateBucketCommand, HeadBucketCommand, S3Client } = await import('@aws-sdk/client-s3');
  const accessKeyId = env['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY'];
  const sessionToken = env['AWS_SESSION_TOKEN'];
  const client = new S3Client({
    endpoint,
    region: env['AWS_REGION'] ?? 'us-east-1',
    forcePathStyle: true,
    ...(accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : {
          credentials: {
            accessKeyId,
            secretAccessKey,
            ...(sessionToken === undefined ? {} : { sessionToken }),
          },
        }),
  });
  try {
    for (const Bucket of buckets) {
      try {
        await client.send(new HeadBucketCommand({ Bucket }));
      } catch {
        await client.send(new CreateBucketCommand({ Bucket }));
      }
    }
  } finally {
    client.destroy();
  }
}
