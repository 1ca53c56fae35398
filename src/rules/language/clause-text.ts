/**
 * The text of a part of a condition, as its author wrote it. The library's places leave brackets out: `(a || b) && c`
 * ends before a bracket that is open. So a part is widened until its brackets match.
 */

/** @returns for each character whether it is code: no part of a text in quotes, or of a comment. */
function markCode(text: string): readonly boolean[] {
  const isCode = Array.from({ length: text.length }, () => true);
  const quoted =
    /"""[^]*?"""|'''[^]*?'''|[rR]"[^"]*"|[rR]'[^']*'|"(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*'|\/\/.*/g;
  for (const { index, 0: found } of text.matchAll(quoted)) isCode.fill(false, index, index + found.length);
  return isCode;
}

/**
 * @param text a condition that compiles.
 * @returns the text between two places of it, with the brackets that belong to it, on one line.
 */
export function createClauseText(text: string): (start: number, end: number) => string {
  const isCode = markCode(text);
  return (start, end) => {
    let open = 0;
    let missing = 0;
    for (let at = start; at < end; at += 1) {
      if (isCode[at] !== true) continue;
      if (text[at] === '(') open += 1;
      if (text[at] === ')') open -= 1;
      missing = Math.max(missing, -open);
    }
    const from = widen(text, isCode, { at: start - 1, by: -1, bracket: '(' }, missing);
    const to = widen(text, isCode, { at: end, by: 1, bracket: ')' }, open + missing);
    return text
      .slice(from, to + 1)
      .trim()
      .replaceAll(/\s+/g, ' ');
  };
}

interface Way {
  readonly at: number;
  readonly by: 1 | -1;
  readonly bracket: string;
}

/** @returns where the last of so many brackets stands; beside the part where there are none to find. */
function widen(text: string, isCode: readonly boolean[], { at, by, bracket }: Way, count: number): number {
  let found = at - by;
  for (let left = count, now = at; left > 0 && now >= 0 && now < text.length; now += by) {
    if (isCode[now] !== true || text[now] !== bracket) continue;
    found = now;
    left -= 1;
  }
  return found;
}
