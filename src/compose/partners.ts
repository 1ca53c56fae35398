/** The partner APIs, their token source, and what of their calls is counted. */
import type { Config } from '../config/config.ts';
import { createCouponApi, type CouponApi } from '../partners/coupon/coupon-api.ts';
import { COUPON_CALL_RESULTS, type CouponCallResult } from '../partners/coupon/coupon-verdict.ts';
import { proxyFor } from '../partners/http/proxy.ts';
import { createPushApi, type PushApi } from '../partners/push/push-api.ts';
import { createTokenSource, type TokenSource } from '../partners/auth/token-source.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';

export interface Partners {
  /** Undefined where the APIs want no token. */
  readonly tokens: TokenSource | undefined;
  readonly couponApi: CouponApi;
  readonly pushApi: PushApi;
  /** Ends every call, closes sockets and timers. */
  stop(): Promise<void>;
}

export interface PartnerPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** A coupon call came back, whatever with: a sign of life. */
  readonly onCouponCall: () => void;
}

export function openPartners(
  config: Config,
  { clock, logger, metrics, onCouponCall }: PartnerPorts,
): Partners {
  const tokens =
    config.auth &&
    createTokenSource({
      url: config.auth.tokenUrl,
      clientId: config.auth.clientId,
      clientSecret: config.auth.clientSecret,
      proxy: proxyFor(config.auth.tokenUrl, config.proxies),
      clock,
      logger,
      onRenewal: (result) => {
        metrics.count('token.renewal', { result });
      },
    });
  const authorized = tokens === undefined ? {} : { tokens };
  const observeCall = metrics.distribution('coupon_api.duration_ms', {});
  const countCall = Object.fromEntries(
    COUPON_CALL_RESULTS.map((result) => [result, metrics.counter('coupon_api.calls', { result })]),
  ) as Record<CouponCallResult, () => void>;
  const couponApi = createCouponApi({
    ...config.couponApi,
    proxy: proxyFor(config.couponApi.url, config.proxies),
    ...authorized,
    clock,
    logger,
    onCall: (result, durationMs) => {
      onCouponCall();
      countCall[result]();
      observeCall(durationMs);
    },
    onInvalidCoupons: (count) => {
      metrics.count('coupons.invalid', {}, count);
    },
  });
  const pushApi = createPushApi({
    url: config.pushApi.url,
    timeoutMs: config.pushApi.timeoutMs,
    proxy: proxyFor(config.pushApi.url, config.proxies),
    ...authorized,
    clock,
    logger,
    onCall: (_result, durationMs) => {
      metrics.observe('push_api.duration_ms', durationMs, {});
    },
  });
  return {
    tokens,
    couponApi,
    pushApi,
    async stop() {
      pushApi.stop();
      await couponApi.stop();
      tokens?.stop();
    },
  };
}
