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

export const ROOMS: Readonly<Record<string, Room>> = {
  domain: {
    sources: ['domain/*.ts'],
    tests: ['domain/**/*.test.ts', 'pipeline/{validate,reasons}.test.ts'],
  },
  pipeline: { sources: ['pipeline/**/*.ts'], tests: ['pipeline/**/*.test.ts'] },
  push: {
    sources: ['push/{retry-delay,push-id,check-pending,deliver,report-outcome}.ts'],
    tests: ['push/{retry-delay,check-pending,deliver*,crash-points,places,report*}.test.ts'],
  },
  'partners/http': {
    sources: ['partners/http/{retry-*,http-encoding,call-deadlines}.ts'],
    tests: ['partners/http/{retry-*,http-encoding,call-deadlines}.test.ts'],
  },
  // Without the simulated partner and the long runs, which take seconds for each mutant that survives the rest.
  'partners/limit': {
    sources: ['partners/limit/*.ts'],
    tests: ['partners/limit/{*-way,call-*,concurrency-*,gain-*,latency-*}.test.ts'],
  },
  replay: { sources: ['replay/*.ts'], tests: ['replay/*.test.ts'] },
  'replay/examples': { sources: ['replay/examples/*.ts'], tests: ['replay/examples/**/*.test.ts'] },
  'replay/explain': {
    sources: ['replay/explain/*.ts'],
    // Without the property, which takes seconds for each mutant that survives the rest.
    tests: ['replay/explain/{explain-*,words}.test.ts'],
  },
  'replay/mutants': { sources: ['replay/mutants/*.ts'], tests: ['replay/mutants/**/*.test.ts'] },
  rules: { sources: ['rules/*.ts'], tests: ['rules/**/*.test.ts'] },
  'rules/document': {
    sources: ['rules/document/*.ts'],
    // Without the properties, which take seconds for each mutant that survives the rest.
    tests: [
      'rules/{parse-rules,yaml-traps,document-{bounds,messages,schema},merchants,duration,template,expression,witness}.test.ts',
    ],
  },
  'rules/language': {
    sources: ['rules/language/*.ts'],
    tests: ['rules/{clauses,event-variables,exclude,expression,language,template,unknown,vary}*.test.ts'],
  },
  runtime: { sources: ['runtime/*.ts'], tests: ['runtime/*.test.ts'] },
  'runtime/collections': {
    sources: ['runtime/collections/*.ts'],
    tests: ['runtime/collections/*.test.ts'],
  },
  'runtime/json': { sources: ['runtime/json/*.ts'], tests: ['runtime/json/*.test.ts'] },
  stream: {
    sources: ['stream/*.ts'],
    tests: ['stream/*.test.ts', 'kafka/group/{membership,partition-positions,group.property}.test.ts'],
  },
  'stream/buffer': { sources: ['stream/buffer/*.ts'], tests: ['stream/{buffer,partition}/**/*.test.ts'] },
  'stream/decode': { sources: ['stream/decode/*.ts'], tests: ['stream/decode/**/*.test.ts'] },
  'stream/pace': { sources: ['stream/pace/*.ts'], tests: ['stream/pace/**/*.test.ts'] },
  'stream/execute': { sources: ['stream/execute/*.ts'], tests: ['stream/execute/**/*.test.ts'] },
  'stream/partition': { sources: ['stream/partition/*.ts'], tests: ['stream/partition/**/*.test.ts'] },
};

/** Paths from the top of the repository, which is the current directory. */
export const sourcesOf = (room: Room): string[] =>
  globSync(room.sources.map((pattern) => `src/${pattern}`)).sort();

export const testsOf = (room: Room): string[] =>
  globSync(
    room.tests.map((pattern) => `test/unit/${pattern}`),
    { exclude: NOT_HERE },
  ).sort();
