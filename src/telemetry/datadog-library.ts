/**
 * datadog-metrics without the API client that it brings along. With every model of Datadog's two APIs that client takes
 * 190 MB of memory and 2.5 s of CPU to load, for two POSTs. `datadog-intake.ts` makes them. An empty stand-in is put
 * where the library looks for it; nothing of it is used as long as a reporter is given.
 */
import { createRequire, Module } from 'node:module';
import type { BufferedMetricsLogger } from 'datadog-metrics';

const CLIENT = '@datadog/datadog-api-client';

interface Library {
  readonly BufferedMetricsLogger: typeof BufferedMetricsLogger;
}

/** Cheap from the second call on. */
export function loadDatadogMetrics(): Library {
  const require = createRequire(import.meta.url);
  const client = createRequire(require.resolve('datadog-metrics')).resolve(CLIENT);
  if (require.cache[client] === undefined) {
    const standIn = new Module(client);
    // The one name that the library builds on while it is loaded.
    standIn.exports = { client: { IsomorphicFetchHttpLibrary: Object }, v1: {} };
    standIn.loaded = true;
    require.cache[client] = standIn;
  }
  return require('datadog-metrics') as Library;
}
