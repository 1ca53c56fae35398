/** The forward proxy that stands between us and the internet: of a pod and of every command, by the same variables. */
import type { Values } from './variables.ts';

export const PROXY_VARIABLES = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'] as const;

/** @returns undefined where there is none. */
export function proxiesOf(values: Pick<Values, (typeof PROXY_VARIABLES)[number]>) {
  const { HTTPS_PROXY, HTTP_PROXY, NO_PROXY } = values;
  if (HTTPS_PROXY === undefined && HTTP_PROXY === undefined) return undefined;
  return { HTTPS_PROXY, HTTP_PROXY, NO_PROXY };
}
