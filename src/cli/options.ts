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

/** @returns 1 to 999,999. */
export function countOption(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('Expected a whole number from 1.');
  return Number(text);
}

/** @returns ms. */
export function durationOption(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('Expected a duration such as 90s or 2m.');
  return ms;
}
