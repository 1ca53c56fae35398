/** Names by part of them. */

/** @param pattern part of the name, whatever its case; `*` stands for anything. Undefined: every name. */
export function matchesName(name: string, pattern: string | undefined): boolean {
  if (pattern === undefined) return true;
  const parts = pattern.split('*').map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(parts.join('.*'), 'i').test(name);
}
