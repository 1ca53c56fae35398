/** What passes between the command and its workers. */
import type { Comparison } from '../../../replay/comparison.ts';
import type { Share } from './own-lines.ts';

export interface WorkerTask extends Share {
  readonly file: string;
  /** Documents, as text. */
  readonly rules: string;
  readonly against: string | undefined;
  /** Others that pods decided by, where they are known. */
  readonly live: readonly string[];
  /** Epoch ms. */
  readonly beganMs: number;
  readonly nothingBefore: boolean;
  /** Event ids behind each number. */
  readonly maxIds: number;
}

export interface BadLine {
  readonly number: number;
  readonly problem: string;
}

export interface WorkerResult {
  readonly comparison: Comparison;
  readonly deliveries: number;
  /** The first few. */
  readonly badLines: readonly BadLine[];
  readonly unreadable: number;
}

export type WorkerMessage =
  { readonly kind: 'progress'; readonly bytes: number } | ({ readonly kind: 'result' } & WorkerResult);
