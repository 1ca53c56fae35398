/** For tests that are not about what is logged. */
import type { Logger } from '../../src/runtime/logger.ts';

const ignore = (): void => undefined;

export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
