/** The documents that pods go by now, read once for the time of a command. */
import { PROXY_VARIABLES, proxiesOf } from '../config/proxies.ts';
import type { Values } from '../config/variables.ts';
import { createObjectStore } from '../documents/object-store.ts';
import { createS3, requireS3Uri } from '../documents/s3-client.ts';
import type { FindMerchant, Ruleset } from '../pipeline/ports.ts';
import { parseMerchants } from '../rules/document/merchants.ts';
import type { CommandLine } from './command.ts';
import { rulesOf, textOf } from './rules/open-rules.ts';
import { readSettings } from './settings.ts';

const VARIABLES = ['S3_ENDPOINT', 'AWS_REGION', ...PROXY_VARIABLES] as const;

/** @returns an exit code where there are none, after saying why. @throws Error where S3 is away. */
export async function liveRules(line: CommandLine): Promise<Ruleset | 1 | 78> {
  const settings = readSettings(['RULES_S3_URI', ...VARIABLES], line);
  if (settings === undefined) return 78;
  const bytes = await readObject(settings.RULES_S3_URI, settings);
  const parsed = bytes && rulesOf(bytes);
  if (parsed !== undefined) return parsed.rules;
  line.complain(`${settings.RULES_S3_URI}: there are no valid rules`);
  return 1;
}

/** Knows no merchant where no document is named. @returns an exit code after saying why. @throws as {@link liveRules}. */
export async function liveMerchants(line: CommandLine): Promise<FindMerchant | 1 | 78> {
  const settings = readSettings(['MERCHANTS_S3_URI', ...VARIABLES], line);
  if (settings === undefined) return 78;
  const { MERCHANTS_S3_URI: uri } = settings;
  if (uri === undefined) return () => undefined;
  const bytes = await readObject(uri, settings);
  const parsed = bytes && parseMerchants(textOf(bytes) ?? '');
  if (parsed?.ok === true) return (id) => parsed.merchants.find(id);
  line.complain(`${uri}: there is no valid merchants document`);
  return 1;
}

async function readObject(
  uri: string,
  settings: Pick<Values, (typeof VARIABLES)[number]>,
): Promise<Uint8Array | undefined> {
  const { bucket, key } = requireS3Uri(uri);
  const s3 = createS3({
    endpoint: settings.S3_ENDPOINT,
    region: settings.AWS_REGION,
    proxies: proxiesOf(settings),
  });
  try {
    return (await createObjectStore(s3, bucket).read(key))?.bytes;
  } finally {
    s3.destroy();
  }
}
