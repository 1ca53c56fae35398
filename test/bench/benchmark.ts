/** What a benchmark is, and what it leaves behind. */
import type { Lab } from './lab.ts';

export interface Benchmark {
  readonly name: string;
  /** What is measured, in a few words. */
  readonly title: string;
  /** How it is loaded, in one line; by the number of events, where that can be chosen. */
  readonly workload: string | ((events?: number) => string);
  /**
   * Contenders are measured in turn, this often; medians are told.
   * @param events for benchmarks in which that can be chosen; each has its default.
   */
  run(lab: Lab, rounds: number, events?: number): Promise<readonly Figure[]>;
}

export interface Figure {
  readonly measured: string;
  /** As it stands in the table. */
  readonly value: string;
  /** What it should come to; absent where it is only shown. */
  readonly reach?: string;
  readonly met?: boolean;
}

export function figure(measured: string, value: string): Figure {
  return { measured, value };
}

/** @param met whether the value is within its reach. */
export function judged(measured: string, value: string, reach: string, met: boolean): Figure {
  return { measured, value, reach, met };
}
