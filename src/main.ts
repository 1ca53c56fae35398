/**
 * One pod: reads its environment, is composed, runs until a signal or until it can't go on, and leaves an exit
 * code that an orchestrator can act on: 0 a planned stop, 78 a configuration that can't work (a restart won't
 * help), 1 anything else. A second signal changes nothing.
 */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import type { Pod } from './compose/lifecycle.ts';
import { ConfigError, readConfig, type Config } from './config/config.ts';
import { CLOSING_LIMIT_MS } from './runtime/closing-limit.ts';
import { within } from './runtime/deadline.ts';
import { HEAP_FLAGS } from './runtime/heap-flags.ts';
import { RefusedToStart } from './runtime/errors.ts';
import { createLogger, type ServiceLogger } from './telemetry/logger.ts';

for (const flag of HEAP_FLAGS) setFlagsFromString(flag);

const EX_CONFIG = 78;

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

async function configure(): Promise<Config | undefined> {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const logger = createLogger({ level: 'info', pod: process.env['POD_NAME'] ?? 'unnamed', version });
    const variables = error.problems.map(({ variable, message }) => `${variable}: ${message}`);
    logger.fatal({ variables }, `the environment can't be started from: ${variables.join('; ')}`);
    await logger.flush();
    return undefined;
  }
}

function exitCodeOf(error: unknown): number {
  return error instanceof RefusedToStart ? EX_CONFIG : 1;
}

async function run(config: Config, logger: ServiceLogger): Promise<number> {
  const stopping = new AbortController();
  const fatal = Promise.withResolvers<{ readonly reason: string; readonly error?: Error | undefined }>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping.signal.aborted) return;
      logger.info({ signal, drainTimeoutMs: config.drainTimeoutMs }, 'stopping');
      stopping.abort();
    });
  }
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      logger.fatal({ error }, 'a defect: the pod stops, its events are read again');
      fatal.resolve({ reason: event });
    });
  }

  const stopped = new Promise<undefined>((resolve) => {
    stopping.signal.addEventListener('abort', () => {
      resolve(undefined);
    });
  });
  let exitCode = 0;
  let pod: Pod | undefined;
  try {
    // Only now, as it brings every library along: a faulty environment is reported at once.
    const { composePod } = await import('./compose/pod.ts');
    pod = await composePod(config, {
      logger,
      version,
      onFatal: (reason, error) => {
        fatal.resolve({ reason, error });
      },
    });
    await Promise.race([pod.start(stopping.signal), stopped, fatal.promise]);
    const fault = await Promise.race([stopped, fatal.promise]);
    if (fault !== undefined) {
      logger.fatal({ reason: fault.reason }, 'the pod can not go on');
      exitCode = exitCodeOf(fault.error);
    }
  } catch (error) {
    if (!stopping.signal.aborted) {
      exitCode = exitCodeOf(error);
      logger.fatal({ error }, 'the pod can not start');
    }
  }
  const limit = config.drainTimeoutMs + CLOSING_LIMIT_MS;
  const isFaulty = (pod?.stop() ?? Promise.resolve()).then(
    () => false,
    (error: unknown) => {
      logger.error({ error }, 'stopping failed');
      return true;
    },
  );
  if (await within(isFaulty, { limitMs: limit, late: () => true })) {
    logger.error({ limitMs: limit }, 'could not stop in time: what is undecided is read again');
    exitCode = exitCode === 0 ? 1 : exitCode;
  }
  logger.info({ exitCode }, 'stopped');
  return exitCode;
}

const config = await configure();
if (config === undefined) process.exit(EX_CONFIG);
else {
  const logger = createLogger({ level: config.logLevel, pod: config.pod, version, secrets: config.secrets });
  const exitCode = await run(config, logger);
  await logger.flush();
  // Whatever a library still holds open must not keep a stopped pod alive.
  process.exit(exitCode);
}
