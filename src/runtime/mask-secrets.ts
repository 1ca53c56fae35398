/**
 * The last guard before a text leaves the process: services say back what they were sent, and so may their errors. A
 * secret that is shorter than this is no secret, and would hide half of every text.
 */
const SHORTEST = 6;
const MASK = '[redacted]';

/** @returns a function that puts a mask in place of each of the secrets, as they are and as JSON writes them. */
export function createMask(secrets: readonly string[]): (text: string) => string {
  const shapes = secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
  const known = [...new Set(shapes)].filter(({ length }) => length >= SHORTEST);
  // One that begins with another one goes first.
  known.sort((a, b) => b.length - a.length);
  return (text) => known.reduce((masked, secret) => masked.replaceAll(secret, MASK), text);
}
