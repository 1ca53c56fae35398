/** Which letters a command is about. All that is asked for must hold; of several values of one kind, one. */
import { hash } from 'node:crypto';
import { fingerprintOf } from './fingerprint.ts';
import { formatAddress, userOf, type Letter, type LetterAddress } from './letter.ts';

export interface Filter {
  readonly reason?: readonly string[] | undefined;
  /** Of the source topic. */
  readonly partition?: readonly number[] | undefined;
  /** Epoch ms: failed at this time or later. */
  readonly sinceMs?: number | undefined;
  /** Epoch ms: failed before. */
  readonly untilMs?: number | undefined;
  readonly user?: string | undefined;
  /** A part of the error or of its fingerprint, whatever the case. */
  readonly error?: string | undefined;
  readonly letter?: readonly LetterAddress[] | undefined;
}

export function matches(letter: Letter, filter: Filter): boolean {
  const { reason, partition, sinceMs = -Infinity, untilMs = Infinity, user, error } = filter;
  if (reason !== undefined && !reason.includes(letter.reason)) return false;
  if (partition !== undefined && !partition.includes(letter.source.partition)) return false;
  if (letter.failedAtMs < sinceMs || letter.failedAtMs >= untilMs) return false;
  if (filter.letter?.some((one) => isAt(letter, one)) === false) return false;
  if (error !== undefined && !speaksOf(letter.error, error.toLowerCase())) return false;
  return user === undefined || userOf(letter) === user || letter.key?.toString() === user;
}

function isAt({ address }: Letter, { partition, offset }: LetterAddress): boolean {
  return address.partition === partition && address.offset === offset;
}

function speaksOf(error: string, wanted: string): boolean {
  return error.toLowerCase().includes(wanted) || fingerprintOf(error).toLowerCase().includes(wanted);
}

/** True where it leaves nothing out. */
export function isEmptyFilter(filter: Filter): boolean {
  return Object.values(filter).every((value) => value === undefined);
}

/** The filter as it is written down: without the user’s id, of which a digest is enough to tell two apart. */
export function describeFilter(filter: Filter): Readonly<Record<string, unknown>> {
  const { user, sinceMs, untilMs, letter, ...plain } = filter;
  return {
    ...plain,
    ...(sinceMs !== undefined && { since: new Date(sinceMs).toISOString() }),
    ...(untilMs !== undefined && { until: new Date(untilMs).toISOString() }),
    ...(user !== undefined && { user: `sha256:${hash('sha256', user).slice(0, 16)}` }),
    ...(letter !== undefined && { letter: letter.map(formatAddress) }),
  };
}
