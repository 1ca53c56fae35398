/** What several commands take on their command lines, for commander. */
import { InvalidArgumentError } from 'commander';
import { parseInstant } from '../domain/instant.ts';
import { parseDuration } from '../rules/document/duration.ts';

/** A duration back from now, or RFC 3339. @returns epoch ms. */
export function momentOption(text: string): number {
  const backMs = parseDuration(text);
  const atMs = backMs === undefined ? parseInstant(text) : Date.now() - backMs;
  if (atMs === undefined) {
    throw new InvalidArgumentError(
      'Expected a duration such as 24h, or a time such as 2026-11-22T10:00:00Z.',
    );
  }
  return atMs;
}
