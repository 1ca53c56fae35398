/**
 * The pure rooms whose tests are tried, and where the tests of each stand. A room's files are those in its own
 * folder: a sub-room is a room of its own, so that each can be run alone.
 */
import { globSync } from 'node:fs';

export interface Room {
  /** Patterns of its files, from `src/` on. */
  readonly sources: readonly string[];
  /** Patterns of its test files, from `test/unit/` on. */
  readonly tests: readonly string[];
}

const NOT_HERE = [
  // They plant a fault of their own by replacing text, which is not there once mutants are in it.
  'test/unit/**/planted-faults.test.ts',
  // Seconds for each mutant that survives the rest: the examples of these rooms must do.
  'test/unit/pipeline/poison.property.test.ts',
];

const streamTests = ['stream/**/*.test.ts'];
const rulesTests = ['rules/**/*.test.ts'];
const runtimeTests = ['runtime/**/*.test.ts', 'stream/**/*.test.ts'];

export const ROOMS: Readonly<Record<string, Room>> = {
  domain: {
    sources: ['domain/*.ts'],
    tests: ['domain/**/*.test.ts', 'pipeline/{validate,reasons}.test.ts'],
  },
  pipeline: { sources: ['pipeline/**/*.ts'], tests: ['pipeline/**/*.test.ts'] },
  push: {
    sources: ['push/{retry-delay,push-id,send-rate,put-off,check-pending,deliver,report-outcome}.ts'],
    tests: ['push/**/*.test.ts'],
  },
  'partners/http': {
    sources: ['partners/http/{retry-*,http-encoding,call-deadlines}.ts'],
    tests: ['partners/http/{retry-*,http-encoding,call-deadlines}.test.ts'],
  },
  'partners/limit': { sources: ['partners/limit/*.ts'], tests: ['partners/limit/**/*.test.ts'] },
  rules: { sources: ['rules/*.ts'], tests: rulesTests },
  'rules/document': { sources: ['rules/document/*.ts'], tests: rulesTests },
  'rules/language': { sources: ['rules/language/*.ts'], tests: rulesTests },
  runtime: { sources: ['runtime/*.ts'], tests: runtimeTests },
  'runtime/collections': { sources: ['runtime/collections/*.ts'], tests: runtimeTests },
  'runtime/json': { sources: ['runtime/json/*.ts'], tests: runtimeTests },
  stream: { sources: ['stream/*.ts'], tests: streamTests },
  'stream/buffer': { sources: ['stream/buffer/*.ts'], tests: streamTests },
  'stream/decode': { sources: ['stream/decode/*.ts'], tests: streamTests },
  'stream/execute': { sources: ['stream/execute/*.ts'], tests: streamTests },
  'stream/partition': { sources: ['stream/partition/*.ts'], tests: streamTests },
};

/** Paths from the top of the repository, which is the current directory. */
export const sourcesOf = (room: Room): string[] =>
  globSync(room.sources.map((pattern) => `src/${pattern}`)).sort();

export const testsOf = (room: Room): string[] =>
  globSync(
    room.tests.map((pattern) => `test/unit/${pattern}`),
    { exclude: NOT_HERE },
  ).sort();
