/**
 * A partner that answers 401 to a fresh token: a wrong secret or a broken auth server. No retry mends that, so the log
 * says it when it begins, every half minute while it lasts, and when it ends. The pod is not ready meanwhile.
 */
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';

export interface AuthRefusal {
  /** 401 again after a renewal, or without a token to renew. */
  refused(): void;
  /** Any answer but 401. */
  accepted(): void;
  /** True from the first refusal to the next answer that is none. */
  isRefused(): boolean;
}

const REPEAT_MS = 30_000;

/** @param api how the partner is named in the log. */
export function createAuthRefusal(api: string, clock: Clock, logger: Logger): AuthRefusal {
  let saidAtMs: number | undefined;
  return {
    refused() {
      const nowMs = clock.now();
      if (saidAtMs !== undefined && nowMs - saidAtMs < REPEAT_MS) return;
      saidAtMs = nowMs;
      logger.error({ api }, `the ${api} refuses our credentials (401 after a fresh token): pod not ready`);
    },
    accepted() {
      if (saidAtMs === undefined) return;
      saidAtMs = undefined;
      logger.info({ api }, `the ${api} accepts our credentials again`);
    },
    isRefused: () => saidAtMs !== undefined,
  };
}
