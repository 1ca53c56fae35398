/**
 * A file of examples → situations with what is expected of each, or everything that is wrong with the file. Never
 * throws, whatever the text. A problem names line, column and field, as those of a rule document do.
 */
import type { DocumentProblem } from '../../domain/document-problem.ts';
import type { Merchant } from '../../domain/merchant.ts';
import { parseMerchants } from '../../rules/document/merchants.ts';
import { formatPath, inReadingOrder, show, type Path } from '../../rules/document/problem.ts';
import { readYaml, type YamlSource } from '../../rules/document/yaml-source.ts';
import { isRecord } from '../../runtime/as-record.ts';
import { columnsAsked, fillRow, type Row } from './fill-rows.ts';
import { explainKey, reportIssues, type Report } from './report-issues.ts';
import {
  defaultsSchema,
  exampleSchema,
  rowsSchema,
  type Expectation,
  type WrittenDefaults,
} from './schema.ts';
import { buildSituation, type Given } from './situation.ts';

export interface Example {
  readonly name: string;
  /** Of the example, or of its row. */
  readonly line: number;
  readonly given: Given;
  readonly expected: Expectation;
}

export type ReadExamples =
  | { readonly ok: true; readonly examples: readonly Example[] }
  | { readonly ok: false; readonly problems: readonly DocumentProblem[] };

/** @returns the text of a file that the examples name, relative to them; or why there is none. */
export type LoadText = (file: string) => { readonly text: string } | { readonly error: string };

const MAX_PROBLEMS = 50;

export function readExamples(text: string, loadText: LoadText): ReadExamples {
  const { problems: unreadable, source } = readYaml(text);
  if (source === undefined) return { ok: false, problems: unreadable };
  const reader = createReader(source, loadText);
  const examples = reader.readFile();
  const problems = [...unreadable, ...reader.problems];
  if (problems.length === 0) return { ok: true, examples };
  const told = new Map(problems.map((problem) => [JSON.stringify(problem), problem]));
  return { ok: false, problems: inReadingOrder([...told.values()]).slice(0, MAX_PROBLEMS) };
}

export type ReadSituation =
  | {
      readonly ok: true;
      readonly given: Given;
      /** False: the coupons of the answer are not said. */
      readonly hasCoupons: boolean;
      readonly hasPushes: boolean;
    }
  | { readonly ok: false; readonly problems: readonly DocumentProblem[] };

/**
 * A situation by itself, written as an example's; `name` and `expect` may be left out.
 *
 * @param at when it is decided, where the text does not say it.
 */
export function readSituation(text: string, loadText: LoadText, at: string | undefined): ReadSituation {
  const { problems: unreadable, source } = readYaml(text);
  if (source === undefined) return { ok: false, problems: unreadable };
  const reader = createReader(source, loadText);
  const [one] = reader.readOne({ name: 'event', expect: { outcome: 'queued' }, at });
  const problems = inReadingOrder([...unreadable, ...reader.problems]);
  if (one === undefined || problems.length > 0) return { ok: false, problems };
  const has = (key: string): boolean => Object.hasOwn(source.data as object, key);
  return {
    ok: true,
    given: one.given,
    hasCoupons: has('coupon') || has('coupons'),
    hasPushes: has('pushes'),
  };
}

/** One case: an example, or one row of its table. */
interface Case {
  readonly value: Readonly<Record<string, unknown>>;
  /** Where in the file what stands at a path of the case is written. */
  readonly placeOf: (path: Path) => Path;
  /** Of the case as a whole. */
  readonly place: Path;
}

function createReader(source: YamlSource, loadText: LoadText) {
  const problems: DocumentProblem[] = [];
  const merchantFiles = new Map<string, (merchantId: string) => Merchant | undefined>();

  const report: Report = (path, message, isKey = false) => {
    if (source.isSetAside(path)) return;
    const at = isKey ? source.positionOfKey(path) : source.positionOf(path);
    problems.push({ ...at, path: formatPath(path), message });
  };

  /** Undefined where they can't be used: then examples are judged by themselves. */
  function readDefaults(value: unknown): WrittenDefaults | undefined {
    if (value === undefined) return {};
    const parsed = defaultsSchema.safeParse(value, { reportInput: true });
    if (parsed.success) return parsed.data;
    reportIssues(parsed.error.issues, {
      ...{ report, section: 'defaults' },
      placeOf: (path) => ['defaults', ...path],
    });
    return undefined;
  }

  function casesOf(example: unknown, index: number): readonly Case[] {
    const place = ['examples', index];
    const own = (path: Path): Path => [...place, ...path];
    if (!isRecord(example)) {
      report(place, `expected an example (name, …, expect), found ${show(example)}`);
      return [];
    }
    if (!('each' in example)) return [{ value: example, placeOf: own, place }];
    const { each, ...rest } = example;
    const rows = rowsSchema.safeParse(each);
    if (!rows.success) {
      reportIssues(rows.error.issues, {
        ...{ report, section: 'each' },
        placeOf: (path) => own(['each', ...path]),
      });
      return [];
    }
    checkColumns(rest, rows.data, own);
    return rows.data.map((row, at) => {
      const { value, columns } = fillRow(rest, row);
      return {
        value,
        place: own(['each', at]),
        placeOf: (path) => {
          const column = columns.get(JSON.stringify(path));
          return own(column === undefined ? path : ['each', at, column]);
        },
      };
    });
  }

  function checkColumns(
    example: Readonly<Record<string, unknown>>,
    rows: readonly Row[],
    own: (path: Path) => Path,
  ): void {
    const there = new Set(rows.flatMap((row) => Object.keys(row)));
    const asked = columnsAsked(example);
    for (const [column, path] of asked) {
      if (there.has(column)) continue;
      report(own(path), `no row of "each" has "${column}"; there are ${[...there].join(', ')}`);
    }
    rows.forEach((row, index) => {
      for (const column of Object.keys(row).filter((name) => !asked.has(name))) {
        report(own(['each', index, column]), `<${column}> stands nowhere in the example`, true);
      }
    });
  }

  function findMerchantOf(
    file: string | undefined,
    path: Path,
  ): (merchantId: string) => Merchant | undefined {
    if (file === undefined) return () => undefined;
    const known = merchantFiles.get(file);
    if (known !== undefined) return known;
    const loaded = loadText(file);
    const parsed = 'text' in loaded ? parseMerchants(loaded.text) : undefined;
    if ('error' in loaded) report(path, `${file}: ${loaded.error}`);
    if (parsed?.ok === false) report(path, `${file}: ${parsed.problems[0]?.message ?? ''}`);
    const merchants = parsed?.ok === true ? parsed.merchants : undefined;
    const find = (merchantId: string): Merchant | undefined => merchants?.find(merchantId);
    merchantFiles.set(file, find);
    return find;
  }

  function readCase(
    { value, placeOf, place }: Case,
    defaults: WrittenDefaults | undefined,
  ): readonly Example[] {
    const parsed = exampleSchema.safeParse(value, { reportInput: true });
    if (!parsed.success) {
      reportIssues(parsed.error.issues, { report, section: 'examples', placeOf });
      return [];
    }
    if (defaults === undefined) return [];
    const { data } = parsed;
    const path =
      data.merchantsFile === undefined ? ['defaults', 'merchantsFile'] : placeOf(['merchantsFile']);
    const inFile = findMerchantOf(data.merchantsFile ?? defaults.merchantsFile, path);
    const given = buildSituation(data, defaults, inFile, (at, message) => {
      report(at.length === 0 ? place : placeOf(at), message);
    });
    if (given === undefined) return [];
    return [{ name: data.name, line: source.positionOf(place).line, given, expected: data.expect }];
  }

  function readFile(): readonly Example[] {
    const { data } = source;
    if (!isRecord(data)) {
      report([], `expected a file with examples, found ${show(data)}`);
      return [];
    }
    for (const key of Object.keys(data)) {
      if (!['$schema', 'defaults', 'examples'].includes(key)) report([key], explainKey(key, ''), true);
    }
    const defaults = readDefaults(data['defaults']);
    const list = data['examples'];
    if (!Array.isArray(list)) {
      const found =
        list === undefined
          ? 'is missing: expected a list of examples'
          : `expected a list of examples, found ${show(list)}`;
      report(['examples'], found);
      return [];
    }
    const examples = list.flatMap(casesOf).flatMap((one) => readCase(one, defaults));
    const lines = new Map<string, number>();
    for (const { name, line } of examples) {
      const before = lines.get(name);
      if (before !== undefined)
        problems.push({
          line,
          column: 1,
          path: 'examples',
          message: `the example in line ${String(before)} has the name "${name}" already`,
        });
      lines.set(name, line);
    }
    return examples;
  }

  /** @param left what stands where the file leaves it out. */
  function readOne(left: Case['value']): readonly Example[] {
    const { data } = source;
    if (!isRecord(data)) {
      report([], `expected a situation (at, event, coupons, …), found ${show(data)}`);
      return [];
    }
    return readCase({ value: { ...left, ...data }, placeOf: (path) => path, place: [] }, {});
  }

  return { problems, readFile, readOne };
}
