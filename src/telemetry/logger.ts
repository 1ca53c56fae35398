/**
 * JSON lines on stdout. Values under names that hold secrets are redacted wherever they stand, and credentials
 * inside URLs are masked, so that no log line can carry one. Payload text reaches a line only as a JSON
 * string, escaped, with nothing in it that a terminal would obey.
 */
import pino from 'pino';
import type { Logger } from '../runtime/logger.ts';
import { createMask } from '../runtime/mask-secrets.ts';
import { standardOutput } from './log-output.ts';

const SECRET_NAMES = [
  'password',
  'secret',
  'clientSecret',
  'apiKey',
  'token',
  'accessToken',
  'access_token',
  'authorization',
  'Authorization',
];

export interface LoggerOptions {
  readonly level: string;
  readonly pod: string;
  readonly version: string;
  /** Masked wherever they stand in a line. */
  readonly secrets?: readonly string[];
}

export interface ServiceLogger extends Logger {
  fatal(fields: Readonly<Record<string, unknown>>, message: string): void;
  /** Lines that a stalled reader of stdout has cost so far. */
  linesDropped(): number;
  /** Resolves once what was said has been taken, or after a second: a reader that stalls holds up no exit. */
  flush(): Promise<void>;
}

const FLUSH_TIMEOUT_MS = 1000;

export function createLogger(options: LoggerOptions, destination?: pino.DestinationStream): ServiceLogger {
  const mask = createMask(options.secrets ?? []);
  const settings: pino.LoggerOptions = {
    level: options.level,
    base: { pod: options.pod, version: options.version },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
      censor: '[redacted]',
    },
    serializers: { error: serializeError, err: serializeError },
    hooks: { streamWrite: (line) => escapeControls(mask(maskUrlCredentials(line))) },
  };
  const output =
    destination === undefined
      ? standardOutput((lines) => {
          logger.warn({ lines }, 'log lines were dropped: the reader of stdout had stalled');
        })
      : undefined;
  const logger: pino.Logger = pino(settings, destination ?? output);
  return {
    debug: (fields, message) => {
      logger.debug(fields, message);
    },
    info: (fields, message) => {
      logger.info(fields, message);
    },
    warn: (fields, message) => {
      logger.warn(fields, message);
    },
    error: (fields, message) => {
      logger.error(fields, message);
    },
    fatal: (fields, message) => {
      logger.fatal(fields, message);
    },
    linesDropped: () => output?.dropped() ?? 0,
    flush: () => output?.flush(FLUSH_TIMEOUT_MS) ?? Promise.resolve(),
  };
}

/** `scheme://user:password@host` → `scheme://[redacted]@host`. */
function maskUrlCredentials(line: string): string {
  return line.replace(/(\b[a-z][a-z0-9+.-]*:\/\/)[^/\s"@]+@/gi, '$1[redacted]@');
}

/**
 * Characters that JSON lets stand in a string and a terminal obeys: C1 controls (an 8-bit CSI), other line ends, marks
 * that are invisible or turn the direction of text. JSON has them in strings only, so an escape says the same.
 */
function escapeControls(line: string): string {
  return line.replace(/[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu, (found) =>
    Array.from({ length: found.length }, (_, at) => escapeUnit(found.charCodeAt(at))).join(''),
  );
}

function escapeUnit(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}

const MAX_TEXT = 2000;

/** An error's name, message, code and cause, bounded; the stack only where it is a defect of ours. */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return typeof error === 'string' ? error.slice(0, MAX_TEXT) : error;
  const code: unknown = Reflect.get(error, 'code');
  return {
    name: error.name,
    message: error.message.slice(0, MAX_TEXT),
    ...(typeof code === 'string' && { code }),
    ...(error.stack !== undefined && { stack: error.stack.slice(0, MAX_TEXT) }),
    ...(error.cause instanceof Error && {
      cause: { name: error.cause.name, message: error.cause.message.slice(0, MAX_TEXT) },
    }),
  };
}
