/**
 * `upload FILE`: from a file to rules in force everywhere. The order is what keeps it safe: a kill switch is set
 * before anything else can fail and lifted only once the document that lifts it is in place; the document is
 * written only over the one that was compared, so that two editors can't overwrite each other.
 */
import { ConfigError, readSome } from '../../config/config.ts';
import { createS3, requireS3Uri } from '../../documents/s3-client.ts';
import { DocumentConflictError, putDocument, readObject } from '../../documents/s3-object.ts';
import { parseRules } from '../../rules/document/parse-rules.ts';
import { MAX_DOCUMENT_LENGTH } from '../../rules/document/yaml-source.ts';
import { describeDifferences } from './differences.ts';
import type { CommandContext, ExitCode, Fleet } from './ports.ts';
import { readRulesFile, type RulesFile } from './rules-file.ts';
import { waitForPods } from './wait-for-pods.ts';
import { errorText } from '../../runtime/error-text.ts';

const READ_TIMEOUT_MS = 15_000;
const VARIABLES = [
  'RULES_S3_URI',
  'S3_ENDPOINT',
  'AWS_REGION',
  'REDIS_URL',
  'REDIS_CLUSTER',
  'REDIS_PREFIX',
] as const;

/** @param timeoutMs how long pods are waited for. */
export async function upload(file: string, timeoutMs: number, context: CommandContext): Promise<ExitCode> {
  const read = await readRulesFile(file, context);
  if (read === undefined) return 1;
  let settings: ReturnType<typeof readSome<(typeof VARIABLES)[number]>>;
  try {
    settings = readSome(VARIABLES, context.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const { variable, message } of error.problems) context.complain(`${variable}: ${message}`);
    return 78;
  }
  const fleet = await context.connectFleet({
    url: settings.REDIS_URL,
    cluster: settings.REDIS_CLUSTER,
    prefix: settings.REDIS_PREFIX,
  });
  const s3 = createS3({ endpoint: settings.S3_ENDPOINT, region: settings.AWS_REGION });
  try {
    return await bringIntoForce(read, { s3, uri: settings.RULES_S3_URI, fleet, timeoutMs, context });
  } finally {
    s3.destroy();
    await fleet.close();
  }
}

interface Upload {
  readonly s3: ReturnType<typeof createS3>;
  readonly uri: string;
  readonly fleet: Fleet;
  readonly timeoutMs: number;
  readonly context: CommandContext;
}

async function bringIntoForce(file: RulesFile, to: Upload): Promise<ExitCode> {
  const { fleet, context } = to;
  const { say, complain } = context;
  const { version, enabled } = file.rules;
  if (!enabled) {
    await fleet.killSwitch(true, `rules ${version}`);
    say('kill switch set: no pod sends anything from now on');
  }
  const etag = await put(file, to);
  if (etag === undefined) {
    if (!enabled) {
      // Whoever uploaded in between may have lifted it.
      await fleet.killSwitch(true, `rules ${version}`);
      complain('the kill switch stays set; upload again, or upload rules with enabled: true to lift it');
    }
    return 1;
  }
  if (enabled) await fleet.killSwitch(false, `rules ${version}`);

  const { live, behind } = await waitForPods(fleet, { version, etag }, to.timeoutMs);
  if (behind.length === 0) {
    say(live === 0 ? 'no pod is running' : `in force in all ${String(live)} live pods`);
    return 0;
  }
  complain(
    `${String(behind.length)} of ${String(live)} live pods have not reported version ${version} within ${String(to.timeoutMs / 1000)} s; they will load it by themselves:`,
  );
  for (const { pod, rulesVersion } of behind) complain(`  ${pod}: has ${rulesVersion ?? 'no rules'}`);
  return 1;
}

/** @returns the ETag of what is live now, or undefined after saying what went wrong. */
async function put(file: RulesFile, { s3, uri, context }: Upload): Promise<string | undefined> {
  const { say, complain } = context;
  const live = await readObject(s3, requireS3Uri(uri), {
    maxBytes: 4 * MAX_DOCUMENT_LENGTH,
    signal: AbortSignal.timeout(READ_TIMEOUT_MS),
  });
  switch (live.kind) {
    case 'unavailable':
    case 'unchanged':
      complain(
        `${uri} can't be read, nothing was uploaded: ${live.kind === 'unavailable' ? live.error : ''}`,
      );
      return undefined;
    case 'missing':
      say(`${uri}: there is no document yet`);
      break;
    case 'too_large':
    case 'unreadable':
      say(`${uri}: the live document is of no use (${live.error}) and is replaced`);
      break;
    case 'found':
      if (live.text === file.text) {
        say(`${uri}: version ${file.rules.version} is live already`);
        return live.etag;
      }
      sayDifferences(file, live.text, context);
  }
  try {
    const condition = live.kind === 'missing' ? { ifNoneMatch: '*' as const } : { ifMatch: live.etag };
    const { etag } = await putDocument(s3, uri, file.text, condition);
    say(`${uri}: version ${file.rules.version} uploaded`);
    return etag;
  } catch (error) {
    if (error instanceof DocumentConflictError) {
      complain(`${error.message}; nothing was uploaded. Look at the difference and upload again.`);
    } else {
      complain(`${uri}: the upload failed: ${errorText(error)}`);
    }
    return undefined;
  }
}

function sayDifferences(file: RulesFile, liveText: string, { say, complain }: CommandContext): void {
  const live = parseRules(liveText);
  if (!live.ok) {
    say('the live document is not valid and is replaced');
    return;
  }
  const differences = describeDifferences(live.document, file.document);
  say(differences.length === 0 ? 'only comments and spelling differ from the live document' : 'changes:');
  for (const line of differences) say(`  ${line}`);
  if (differences.length > 0 && live.rules.version === file.rules.version) {
    complain(
      `version ${file.rules.version} is not new: pushes and metrics of the two documents can't be told apart`,
    );
  }
}
