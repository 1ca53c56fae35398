/**
 * A YAML 1.2 (or JSON) text as plain data that remembers where everything stood. Guarantees: never throws. Size, depth
 * and aliases of a text are bounded, so that no document can stall or fill a pod. Duplicate keys, unknown tags and
 * several documents in one file are problems instead of surprises.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import type { DocumentProblem } from '../../domain/document-problem.ts';
import { formatPath, inReadingOrder, type Path } from './problem.ts';
import { errorText } from '../../runtime/error-text.ts';

/** UTF-16 units. The parser takes some 10 µs a token, so this bounds a reload to well under a second. */
export const MAX_DOCUMENT_LENGTH = 64 * 1024;
const MAX_DEPTH = 20;
const MAX_ALIASES = 100;

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
}

export type YamlRead =
  | { readonly ok: true; readonly source: YamlSource }
  | { readonly ok: false; readonly problems: readonly DocumentProblem[] };

export function readYaml(text: string): YamlRead {
  const refuse = (message: string): YamlRead => ({
    ok: false,
    problems: [{ line: 1, column: 1, path: '', message }],
  });
  if (text.length > MAX_DOCUMENT_LENGTH) {
    return refuse(
      `the document is too large: ${String(text.length)} characters, at most ${String(MAX_DOCUMENT_LENGTH)}`,
    );
  }
  try {
    return readBounded(text, refuse);
  } catch (error) {
    // What the parser itself cannot take: nesting beyond its stack, aliases that multiply without end.
    return refuse(`the document can't be read: ${errorText(error)}`);
  }
}

function readBounded(text: string, refuse: (message: string) => YamlRead): YamlRead {
  const lines = new LineCounter();
  // Our own walk looks for duplicate keys: the parser's compares every key with every other.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: 'error',
  });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    const problems = faults.slice(0, 20).map((fault) => ({
      ...at(fault.pos[0]),
      path: '',
      message: explainFault(fault.code, fault.message),
    }));
    return { ok: false, problems: inReadingOrder(problems) };
  }
  const problems: DocumentProblem[] = [];
  inspect(document, at, (where, path, message) => {
    problems.push({ ...where, path: formatPath(path), message });
  });
  if (problems.length > 0) return { ok: false, problems: inReadingOrder(problems) };
  if (document.contents === null) return refuse('the document is empty');
  const data: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
  return { ok: true, source: locate(document, data, text, at) };
}

function explainFault(code: string, message: string): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here ("---"); a file holds one';
  if (/stack/i.test(message)) return 'nested too deep';
  if (code === 'TAB_AS_INDENT') return 'indent by spaces; YAML takes no tabs here';
  return message;
}

/** Everything that the parser lets through and a rule document must not have. */
function inspect(
  document: Document,
  at: (offset: number) => Position,
  report: (where: Position, path: Path, message: string) => void,
): void {
  let aliases = 0;
  function visit(node: unknown, path: Path): void {
    const where = at((node as Node | null)?.range?.[0] ?? 0);
    if (path.length > MAX_DEPTH) {
      report(where, path, `nested more than ${String(MAX_DEPTH)} levels deep`);
    } else if (isAlias(node)) {
      aliases += 1;
      // Each is looked for in the whole document: they are counted before they are followed.
      if (aliases === MAX_ALIASES + 1) report(where, path, `more than ${String(MAX_ALIASES)} aliases`);
      if (aliases > MAX_ALIASES || node.resolve(document) !== undefined) return;
      report(where, path, `there is no "&${node.source}" above for this "*${node.source}"`);
    } else if (isSeq(node)) {
      node.items.forEach((item, index) => visit(item, [...path, index]));
    } else if (isMap(node)) {
      const seen = new Set<string>();
      for (const { key, value } of node.items) {
        const keyAt = at((key as Node | null)?.range?.[0] ?? 0);
        if (!isScalar(key)) {
          report(keyAt, path, 'a key must be plain text');
          continue;
        }
        const name = String(key.value);
        if (seen.has(name)) report(keyAt, [...path, name], `the key "${name}" is there twice`);
        seen.add(name);
        visit(value, [...path, name]);
      }
    }
  }
  visit(document.contents, []);
}

function locate(
  document: Document,
  data: unknown,
  text: string,
  at: (offset: number) => Position,
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
      const pair = isMap(container)
        ? container.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step))
        : undefined;
      if (pair === undefined) break;
      key = pair.key as Node;
      node = (pair.value as Node | null) ?? key;
    }
    return { node, key };
  }
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
  };
}

/** Where a scalar stands in the source letter by letter (plain or quoted, no escapes), its letters can be pointed at. */
function offsetInSource(node: Node | undefined, text: string, offset: number): number {
  if (offset === 0 && !isScalar(node)) return 0;
  if (!isScalar(node) || typeof node.value !== 'string' || !node.range) return 0;
  const [start, end] = node.range;
  if (text.slice(start, end) === node.value) return offset;
  if (text.slice(start + 1, end - 1) === node.value) return offset === 0 ? 0 : offset + 1;
  return 0;
}
