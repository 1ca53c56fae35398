/**
 * Puts the documents that pods read into S3, for compose: the rules file, unless there are rules already (somebody
 * may have edited them since), and the simulated city's merchants, whose time zone depends on the hour. Waits for
 * S3 to come up, then ends.
 *   RULES_S3_URI, MERCHANTS_S3_URI, S3_ENDPOINT, AWS_*   as for a pod
 *   RULES_FILE                                           what to upload (rules/default.yaml)
 *   SEED                                                 whose city's merchants (1)
 */
import { readFile } from 'node:fs/promises';
import { HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createCity } from '../city/city.ts';
import { useGivenService } from '../services/given-service.ts';

const S3_TIMEOUT_MS = 120_000;

interface ObjectName {
  readonly Bucket: string;
  readonly Key: string;
}

function readUri(name: string): ObjectName {
  const [, Bucket, Key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(process.env[name] ?? '') ?? [];
  if (Bucket === undefined || Key === undefined) throw new Error(`${name}: expected s3://bucket/key`);
  return { Bucket, Key };
}

async function exists(client: S3Client, object: ObjectName): Promise<boolean> {
  try {
    await client.send(new HeadObjectCommand(object));
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'NotFound') return false;
    throw error;
  }
}

const { S3_ENDPOINT: endpoint, RULES_FILE: rulesFile = 'rules/default.yaml', SEED: seed = '1' } = process.env;
if (endpoint === undefined) throw new Error('S3_ENDPOINT: expected the URL of an S3');
const rules = readUri('RULES_S3_URI');
const merchants = readUri('MERCHANTS_S3_URI');

await useGivenService(
  { kind: 's3', address: endpoint, environment: process.env, buckets: [rules.Bucket, merchants.Bucket] },
  S3_TIMEOUT_MS,
);
const client = new S3Client({ endpoint, forcePathStyle: true });
if (await exists(client, rules)) {
  console.log(`${rules.Key}: there already, left as it is`);
} else {
  await client.send(new PutObjectCommand({ ...rules, Body: await readFile(rulesFile) }));
  console.log(`${rules.Key}: uploaded from ${rulesFile}`);
}
const city = createCity({ seed, events: 1 });
await client.send(
  new PutObjectCommand({ ...merchants, Body: JSON.stringify(city.merchants(`city-${seed}`)) }),
);
console.log(`${merchants.Key}: uploaded, ${city.shops.length} merchants`);
client.destroy();
