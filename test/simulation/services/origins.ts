/** Where services may come from, as a person says it: on a command line or in the environment. */
import type { Origin } from './service.ts';

/** In the order in which they are tried, whatever the order in a list. */
export const ORIGINS = ['given', 'docker', 'local'] as const satisfies readonly Origin[];

/** The environment's word on it, for the demo, chaos, benchmarks and tests. */
export const ORIGINS_VARIABLE = 'SERVICE_ORIGINS';

/**
 * Reads `docker,local`. Undefined, empty: nothing was said.
 * @throws Error that names `where` it was said, when a word is none of the three.
 */
export function readOrigins(text: string | undefined, where: string): readonly Origin[] | undefined {
  const words = (text ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  if (words.length === 0) return undefined;
  const unknown = words.filter((word) => !ORIGINS.some((origin) => origin === word));
  if (unknown.length > 0) {
    throw new Error(
      `${where}: expected a list of ${ORIGINS.join(', ')}, not ${unknown.map((word) => JSON.stringify(word)).join(', ')}`,
    );
  }
  return ORIGINS.filter((origin) => words.includes(origin));
}
