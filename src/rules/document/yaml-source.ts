/**
 * A YAML 1.2 (or JSON) text as plain data that remembers where everything stood. Guarantees: never throws. Size, depth
 * and aliases of a text are bounded, so that no document can stall or fill a pod. Duplicate keys, unknown tags and
 * several documents in one file are problems instead of surprises. A value that is no YAML is set aside, and what
 * remains is data all the same, so that a reader learns of every fault at once.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import type { DocumentProblem } from '../../domain/document-problem.ts';
import { formatPath, type Path } from './problem.ts';
import { errorText } from '../../runtime/error-text.ts';
import { diagnose, type Diagnosis, type Replacement } from './yaml-faults.ts';
import { inspectYaml } from './yaml-inspect.ts';

/** UTF-16 units. The parser takes some 10 µs a token, so this bounds a reload to well under a second. */
export const MAX_DOCUMENT_LENGTH = 64 * 1024;
/** Of all readings of one text together: each value that is set aside takes one more. */
const MAX_READ_LENGTH = 4 * MAX_DOCUMENT_LENGTH;
const MAX_READINGS = 25;

export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface YamlSource {
  readonly data: unknown;
  /** The value at a path, or the nearest thing around it that exists. */
  positionOf(path: Path, offsetInText?: number): Position;
  /** The key itself, for what is wrong with a key and not with its value. */
  positionOfKey(path: Path): Position;
  /** Undefined where there is none. */
  valueAt(path: Path): unknown;
  /** A number, true, false or null letter by letter; undefined where another thing stands there. */
  writtenAt(path: Path): string | undefined;
  /** Whether a problem has been told of this place already. */
  isSetAside(path: Path): boolean;
}

export interface YamlRead {
  readonly problems: readonly DocumentProblem[];
  /** Undefined where too much is wrong to judge the rest. */
  readonly source: YamlSource | undefined;
}

/** @param text with or without a byte order mark, its lines ended as on any system. */
export function readYaml(text: string): YamlRead {
  const plain = text.startsWith('\uFEFF') ? text.slice(1) : text;
  try {
    return readBounded(plain);
  } catch (error) {
    return refuse(1, 1, `the document can't be read: ${errorText(error)}`);
  }
}

function refuse(line: number, column: number, message: string): YamlRead {
  return { problems: [{ line, column, path: '', message }], source: undefined };
}

function readBounded(text: string): YamlRead {
  if (text.length > MAX_DOCUMENT_LENGTH) {
    const before = text.slice(0, MAX_DOCUMENT_LENGTH).split('\n');
    const most = MAX_DOCUMENT_LENGTH.toLocaleString('en');
    return refuse(
      before.length,
      (before.at(-1)?.length ?? 0) + 1,
      `the document is too large: ${text.length.toLocaleString('en')} characters, at most ${most}, which end here`,
    );
  }
  const { document, lines, read, diagnoses, isWhole } = parse(text);
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const told = diagnoses.map(({ offset, message }) => ({ ...at(offset), path: '', message }));
  if (!isWhole) return { problems: andNoMore(told), source: undefined };
  const findings = inspectYaml(document, read);
  const problems = [
    ...told,
    ...findings.map(({ offset, path, message }) => ({ ...at(offset), path: formatPath(path), message })),
  ];
  if (findings.some(({ isFatal }) => isFatal)) return { problems, source: undefined };
  if (document.contents === null) {
    return problems.length > 0 ? { problems, source: undefined } : refuse(1, 1, 'the document is empty');
  }
  // What aliases come to has been counted.
  const data: unknown = document.toJS({ maxAliasCount: -1 });
  const aside = [...diagnoses.map(({ instead }) => instead), ...findings.map((finding) => finding.aside)];
  return {
    problems,
    source: locate(
      document,
      data,
      read,
      at,
      aside.filter((one) => one !== undefined),
    ),
  };
}

/** The last of them says that there may be others. */
function andNoMore(told: readonly DocumentProblem[]): readonly DocumentProblem[] {
  return told.map((problem, index) =>
    index < told.length - 1
      ? problem
      : { ...problem, message: `${problem.message} (what else is wrong shows once this is right)` },
  );
}

interface Reading {
  readonly document: Document;
  readonly lines: LineCounter;
  /** What was read in the end. */
  readonly read: string;
  readonly diagnoses: readonly Diagnosis[];
  /** Every fault could be set aside. */
  readonly isWhole: boolean;
}

function parse(text: string): Reading {
  const diagnoses: Diagnosis[] = [];
  let read = text;
  for (let reading = 1; ; reading += 1) {
    const lines = new LineCounter();
    // Our own walk looks for duplicate keys: the parser's compares every key with every other.
    const document = parseDocument(read, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: false,
      logLevel: 'error',
    });
    const [fault] = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0]);
    if (fault === undefined) return { document, lines, read, diagnoses, isWhole: true };
    const { code, message, pos } = fault;
    const diagnosis = diagnose(read, { code, message, offset: pos[0] });
    const { instead } = diagnosis;
    // A fault in what has been set aside would be told twice: setting it aside has not helped.
    if (!diagnoses.some((one) => isInside(one.instead, diagnosis.offset))) diagnoses.push(diagnosis);
    else return { document, lines, read, diagnoses, isWhole: false };
    const mayGoOn = reading < MAX_READINGS && (reading + 1) * text.length <= MAX_READ_LENGTH;
    if (instead === undefined || !mayGoOn) return { document, lines, read, diagnoses, isWhole: false };
    read = read.slice(0, instead.from) + instead.text + read.slice(instead.to);
  }
}

function isInside(replaced: Replacement | undefined, offset: number): boolean {
  return replaced !== undefined && offset >= replaced.from && offset <= replaced.to;
}

function locate(
  document: Document,
  data: unknown,
  text: string,
  at: (offset: number) => Position,
  aside: readonly Replacement[],
): YamlSource {
  function find(path: Path): { readonly node: Node | undefined; readonly key: Node | undefined } {
    let node: Node | undefined = document.contents ?? undefined;
    let key: Node | undefined;
    for (const step of path) {
      const container: unknown = isAlias(node) ? node.resolve(document) : node;
      if (isSeq(container) && typeof step === 'number' && container.items[step] !== undefined) {
        node = container.items[step] as Node;
        key = undefined;
        continue;
      }
      // The last of two with one name, whose value it is that is judged.
      const pair = isMap(container)
        ? container.items.findLast((item) => isScalar(item.key) && String(item.key.value) === String(step))
        : undefined;
      if (pair === undefined) break;
      key = pair.key as Node;
      node = (pair.value as Node | null) ?? key;
    }
    return { node, key };
  }
  const offsetOf = (path: Path): number => find(path).node?.range?.[0] ?? 0;
  return {
    data,
    positionOf(path, offsetInText = 0) {
      const { node } = find(path);
      return at((node?.range?.[0] ?? 0) + offsetInSource(node, text, offsetInText));
    },
    positionOfKey(path) {
      const { node, key } = find(path);
      return at((key ?? node)?.range?.[0] ?? 0);
    },
    valueAt: (path) => path.reduce<unknown>(valueBelow, data),
    writtenAt(path) {
      const { node } = find(path);
      if (!isScalar(node) || typeof node.value === 'string' || !node.range) return undefined;
      return text.slice(node.range[0], node.range[1]);
    },
    isSetAside: (path) => aside.some((one) => isInside(one, offsetOf(path))),
  };
}

function valueBelow(value: unknown, step: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
  return (value as Readonly<Record<string | number, unknown>>)[step];
}

/** Where a scalar stands in the source letter by letter (plain or quoted, no escapes), its letters can be pointed at. */
function offsetInSource(node: Node | undefined, text: string, offset: number): number {
  if (!isScalar(node) || typeof node.value !== 'string' || !node.range) return 0;
  const [start, end] = node.range;
  if (text.slice(start, end) === node.value) return offset;
  if (text.slice(start + 1, end - 1) === node.value) return offset === 0 ? 0 : offset + 1;
  return 0;
}
