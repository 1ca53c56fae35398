/**
 * What the YAML parser lets through and a rule document must not have: what is surely a mistake (a key twice, a text
 * that an unquoted ` #` cuts), and what could fill a pod (depth, aliases that multiply).
 */
import { isAlias, isMap, isScalar, isSeq, Scalar, type Document, type Node, type Pair } from 'yaml';
import type { Path } from './problem.ts';
import { lineAround } from './written-value.ts';
import { diagnoseValue, MAX_DEPTH, placeholder, TOO_DEEP, type Replacement } from './yaml-faults.ts';

export const MAX_ALIASES = 100;
/** Values that aliases come to when they are followed. */
export const MAX_REPEATED = 10_000;

export interface Finding {
  readonly offset: number;
  readonly path: Path;
  readonly message: string;
  /** What is not judged any further. */
  readonly aside?: Replacement | undefined;
  /** The document must not be turned into values. */
  readonly isFatal: boolean;
}

export function inspectYaml(document: Document, text: string): readonly Finding[] {
  const findings: Finding[] = [];
  /** How many values stand below each anchor; undefined while they are being counted. */
  const anchors = new Map<string, number | undefined>();
  const unused = new Map<string, Finding>();
  let aliases = 0;
  let repeated = 0;

  const report = (offset: number, path: Path, message: string, aside?: Replacement): void => {
    findings.push({ offset, path, message, aside, isFatal: false });
  };
  const refuse = (offset: number, path: Path, message: string): number => {
    findings.push({ offset, path, message, isFatal: true });
    return 0;
  };

  function followAlias(name: string, offset: number, path: Path): number {
    aliases += 1;
    unused.delete(name);
    if (aliases > MAX_ALIASES) {
      return aliases > MAX_ALIASES + 1
        ? 0
        : refuse(offset, path, `more than ${String(MAX_ALIASES)} aliases ("*${name}")`);
    }
    if (!anchors.has(name)) {
      return refuse(
        offset,
        path,
        `there is no "&${name}" above for this "*${name}"; a text that begins with "*" stands in quotes`,
      );
    }
    const size = anchors.get(name);
    if (size === undefined) return refuse(offset, path, `this "*${name}" stands inside its own "&${name}"`);
    const before = repeated;
    repeated += size;
    if (repeated <= MAX_REPEATED || before > MAX_REPEATED) return size;
    return refuse(offset, path, `aliases repeat more than ${MAX_REPEATED.toLocaleString('en')} values`);
  }

  /** @returns how many values it comes to, with its aliases followed. */
  function visit(node: unknown, path: Path, after: number): number {
    const offset = startOf(node) ?? after;
    if (path.length > MAX_DEPTH) return refuse(offset, path, TOO_DEEP);
    if (isAlias(node)) return followAlias(node.source, offset, path);
    const { anchor } = (node ?? {}) as { readonly anchor?: string };
    if (anchor !== undefined) {
      anchors.set(anchor, undefined);
      const from = text.lastIndexOf(`&${anchor}`, offset);
      const to = isScalar(node) ? endOf(node) : undefined;
      const told = to && diagnoseValue(text, { from, to, key: String(path.at(-1)) });
      if (told) unused.set(anchor, { ...told, path, aside: told.instead, isFatal: false });
    }
    let size = 1;
    if (isSeq(node)) {
      node.items.forEach((item, index) => (size += visit(item, [...path, index], offset)));
    } else if (isMap(node)) {
      size += visitPairs(node.items, path, offset);
    } else {
      const found = inspectScalar(node, text, path, offset);
      if (found !== undefined) report(found.offset, path, found.message, found.instead);
    }
    if (anchor !== undefined) anchors.set(anchor, size);
    return size;
  }

  function visitPairs(pairs: readonly Pair[], path: Path, offset: number): number {
    let size = 0;
    const seen = new Set<string>();
    for (const { key, value } of pairs) {
      const keyAt = startOf(key) ?? offset;
      if (!isScalar(key)) {
        const from = offset;
        const to = endOf(value) ?? endOf(key) ?? keyAt;
        const close = text.indexOf('}', to);
        const braces = text.startsWith('{{', from)
          ? diagnoseValue(text, { from, to: close === -1 ? to : close + 1, key: undefined })
          : undefined;
        report(braces?.offset ?? keyAt, path, braces?.message ?? 'a key must be plain text', braces?.instead);
        continue;
      }
      const name = String(key.value);
      if (seen.has(name)) report(keyAt, [...path, name], `the key "${name}" is there twice`);
      seen.add(name);
      size += 1 + visit(value, [...path, name], endOf(key) ?? keyAt);
    }
    return size;
  }

  if (document.directives?.yaml.version === '1.1') {
    refuse(0, [], 'leave out the line "%YAML 1.1": rules are YAML 1.2, where yes and 21:00 are texts');
  }
  visit(document.contents, [], 0);
  return [...findings, ...unused.values()];
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null)?.range?.[0];
}

function endOf(node: unknown): number | undefined {
  return (node as Node | null)?.range?.[1];
}

/** @param offset where it begins; of an absent one, where its key ends. */
function inspectScalar(
  node: unknown,
  text: string,
  path: Path,
  offset: number,
): { readonly offset: number; readonly message: string; readonly instead?: Replacement } | undefined {
  const scalar = isScalar(node) ? node : undefined;
  const noun = path.at(-1) === 'when' ? 'condition' : 'text';
  if (scalar?.tag === '!') {
    const at = text.lastIndexOf('!', offset);
    const message = `"!" at the beginning is a tag to YAML, so put the ${noun} in quotes`;
    return { offset: at, message, instead: placeholder(at, scalar.range?.[1] ?? at) };
  }
  const place = placeOf(path);
  if (place === undefined || (scalar !== undefined && scalar.type !== Scalar.PLAIN)) return undefined;
  const end = scalar?.range?.[1] ?? offset;
  const line = lineAround(text, end);
  const [, blank, comment] = /^(:?\s*)#(.*)$/.exec(text.slice(end, line.to)) ?? [];
  if (blank === undefined || comment === undefined) return undefined;
  if (place === 'name' && !/^\S/.test(comment)) return undefined;
  return {
    offset: end + blank.length,
    message: `" #" begins a comment, which cuts the ${noun} off: put the ${noun} in quotes, and a comment in a line of its own`,
    instead: placeholder(offset, line.to),
  };
}

/** Where words stand. After a name a comment may follow in its line. */
function placeOf(path: Path): 'words' | 'name' | undefined {
  const [section] = path;
  const key = path.findLast((step) => typeof step === 'string');
  if (section === 'push' && (key === 'title' || key === 'body')) return 'words';
  if (section === 'rules' && key === 'when') return 'words';
  const isName =
    key === 'version' || key === 'salt' || (section === 'rules' && key === 'id') || section === 'merchants';
  return isName ? 'name' : undefined;
}
