/** The live rules document and its history in S3, for the time of a command. */
import { proxiesOf } from '../../config/proxies.ts';
import { openHistory, type History, type HistoryPlace } from '../../documents/history/history.ts';
import { createObjectStore } from '../../documents/object-store.ts';
import { createS3, requireS3Uri } from '../../documents/s3-client.ts';
import { parseRules, type ParsedRules } from '../../rules/document/parse-rules.ts';
import type { CommandContext } from './ports.ts';
import type { S3Settings } from './settings.ts';

export interface RulesInS3 {
  /** `s3://bucket/key`, for people. */
  readonly uri: string;
  readonly place: HistoryPlace;
  readonly history: History;
}

/** Runs `task` with the document; the connection ends with it. */
export async function withRules<T>(
  settings: S3Settings,
  { openBucket }: CommandContext,
  task: (rules: RulesInS3) => Promise<T>,
): Promise<T> {
  const uri = settings.RULES_S3_URI;
  const { bucket, key } = requireS3Uri(uri);
  const opened = openBucket?.(bucket) ?? openS3(bucket, settings);
  try {
    const place = { store: opened.store, key };
    return await task({ uri, place, history: openHistory(place) });
  } finally {
    opened.close();
  }
}

function openS3(bucket: string, settings: S3Settings) {
  const s3 = createS3({
    endpoint: settings.S3_ENDPOINT,
    region: settings.AWS_REGION,
    proxies: proxiesOf(settings),
  });
  return { store: createObjectStore(s3, bucket), close: () => s3.destroy() };
}

/** @returns undefined where the bytes are no text. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** @returns undefined where the bytes are no rules, by what this version knows of them. */
export function rulesOf(bytes: Uint8Array): Extract<ParsedRules, { ok: true }> | undefined {
  const text = textOf(bytes);
  const parsed = text === undefined ? undefined : parseRules(text);
  return parsed?.ok === true ? parsed : undefined;
}

/** Also of a document that is no valid rules any more. */
export function versionOf(bytes: Uint8Array): string | undefined {
  const parsed = rulesOf(bytes);
  if (parsed !== undefined) return parsed.rules.version;
  const found: readonly (string | undefined)[] =
    /^version:\s*(?:"([^"\n]+)"|'([^'\n]+)'|([^\s#'"]+))\s*(?:#.*)?$/m.exec(textOf(bytes) ?? '') ?? [];
  return found.slice(1).find((version) => version !== undefined);
}
