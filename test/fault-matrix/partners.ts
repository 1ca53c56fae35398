/** The partners, and how the pods reach them. */
import { shown, type Dependency } from './matrix.ts';

const P = 'integration/partners';

const couponApi: Dependency = {
  name: 'coupon API',
  cells: {
    away: shown(
      'events that need coupons, each until it is stale; they hold no place among the events at work',
      'what is filtered before the call, what was claimed before; commits below the first that waits',
      '`degraded`, away: coupon API; `waiting`; breaker `open`',
      'a few probes, then small and doubling; `MAX_EVENT_AGE_MS`',
      `${P}/coupon/coupon-api-outage.test.ts › a dead API is called no more but for a few probes, and nobody fails`,
      'scenarios/coupon-side.test.ts › every event ends as on a perfect day',
    ),
    slow: shown(
      'the calls that are out; where the pool is full, those behind them',
      'other partitions’ events, in their share of the pool',
      '`couponApi.p99Ms`',
      '`COUPON_API_TIMEOUT_MS` a call',
      `${P}/coupon/coupon-api.test.ts › an answer that drips`,
      'scenarios/slow-partition.test.ts › one partition whose calls all hang',
      'scenarios/liveness.test.ts › a coupon partner that accepts and never answers',
    ),
    refuses: shown(
      'as away',
      'as away',
      'as away; refused tokens: /ready says it',
      'as away',
      `${P}/coupon/coupon-api.test.ts › refused`,
      `${P}/refused-tokens.test.ts › 401 again: an outage, said loudly, the pod not ready, until it is over`,
    ),
    'refuses a part': shown(
      'the events of the users whose calls fail, in their order',
      'everybody else’s, at their pace; tries again hold a quarter of the pool at most',
      '`degraded`, by how many events of how many users',
      '`COUPON_API_PATIENCE_MS`, then the dead letter `coupon_api_failed`',
      `${P}/coupon/coupon-failing-users.test.ts › calls that hang for their whole time limit`,
      'scenarios/failing-users.test.ts › ',
    ),
    'answers oddly': shown(
      'none; a redirect is tried again',
      'all; what is no JSON by the contract is a dead letter',
      'nothing',
      'at once',
      `${P}/hostile-answers.test.ts › hostile coupon answers: every event ends by the table`,
      `${P}/packed-answers.test.ts › unasked`,
    ),
    'answers hugely': shown(
      'large answers beyond eight at once',
      'small answers; the event loop, in slices of 4 ms',
      'nothing',
      '1 MiB as it comes or unpacked: `coupon_api_rejected`',
      `${P}/coupon/large-answers.test.ts › as many as there are places`,
      `${P}/packed-answers.test.ts › a bomb`,
      'unit/partners/coupon/large-coupons.test.ts › is read in many turns of the event loop',
    ),
    'comes back as another': shown(
      'none',
      'all: each connection is made anew by name',
      'nothing',
      'the next call',
      `${P}/http-sockets.test.ts › while nobody listens each call fails, and the first after that is answered`,
    ),
  },
};

const pushApi: Dependency = {
  name: 'push API',
  cells: {
    away: shown(
      'its pushes, without a worker',
      'the flow; events end as `queued`',
      '`degraded`, away: push API; `pushApi.lastError`',
      'the push’s `expiresAt`: `expired`, the claim released',
      `${P}/push-api-status.test.ts › silence for all is an outage, until it answers again`,
      'integration/push/push-worker.test.ts › end what can not be sent before its expiry',
    ),
    slow: shown(
      'the pushes that are out; tries again hold half of the places at most',
      'other pushes',
      '`pushApi.recentFailures`',
      '`PUSH_API_TIMEOUT_MS`: `unknown`, or tried again where idempotent; what is given up never arrives later',
      'integration/push/put-off.test.ts › that hang take half of the places at most when they are tried again',
      `${P}/late-push.test.ts › given up by its time limit`,
    ),
    refuses: shown(
      'none: `rejected`, the claim released; 401 twice: all pushes',
      'the flow',
      '`deliveries.rejected`; refused tokens: /ready',
      'at once; 401: until a token is taken',
      `${P}/refused-tokens.test.ts › 401 again is surely not sent, and the pod not ready`,
    ),
    'refuses a part': shown(
      'those pushes, by `Retry-After`',
      'all other pushes',
      '`queue.delayed`, `pushApi.lastError`',
      '`expiresAt`',
      'integration/push/put-off.test.ts › waits for a Retry-After without a worker, and sends what comes meanwhile',
      'integration/push/put-off.test.ts › are tried until they expire, and hold nothing up',
      `${P}/push-api-status.test.ts › users whose pushes fail are said, and are no outage`,
    ),
    'answers oddly': shown(
      'none: what may have been sent is `unknown`',
      'all',
      '`deliveries.unknown`',
      'at once',
      `${P}/late-push.test.ts › given up as the answer is no HTTP`,
      `${P}/packed-answers.test.ts › the push API may pack its`,
    ),
    'answers hugely': shown(
      'none: the status says it all',
      'all',
      'nothing',
      '`PUSH_API_TIMEOUT_MS`',
      `${P}/push-api.test.ts › is a flood`,
    ),
    'comes back as another': shown(
      'none',
      'all',
      'nothing',
      'the next push',
      `${P}/push-api.test.ts › a socket the partner has closed meanwhile is not used`,
    ),
  },
};

const authServer: Dependency = {
  name: 'auth server',
  cells: {
    away: shown(
      'none while a token is valid; then the calls that need one',
      'all, by the old token, until it expires',
      'away: auth server; /ready: no valid token, and why',
      'until it answers; tried again by itself',
      `${P}/token-source.test.ts › a failing one keeps the token until it expires, goes on trying, and recovers`,
    ),
    slow: shown(
      'as away',
      'as away',
      'as away',
      '5 s a try',
      `${P}/refused-tokens.test.ts › a renewal that lasts beyond the deadline to write: not sent, not repeated`,
    ),
    refuses: shown(
      'as away',
      'as away',
      '/ready: the server’s own error code',
      'until the secret is right',
      `${P}/packed-answers.test.ts › a wrong secret`,
      `${P}/refused-tokens.test.ts › a renewal that fails is an outage as well`,
    ),
    'refuses a part': { none: 'one client asks for one token' },
    'answers oddly': shown(
      'as away where it can’t be used',
      'all where it can: other cases of Bearer, digits as text, packed',
      '/ready names the field that is wrong',
      'the next try',
      `${P}/hostile-answers.test.ts › hostile token answers`,
      `${P}/packed-answers.test.ts › another field`,
    ),
    'answers hugely': shown(
      'as away',
      'as away',
      'as away',
      '64 KiB, as it comes or unpacked',
      `${P}/token-source.test.ts › a flood is cut off when it is too large, not when time is up`,
    ),
    'comes back as another': shown(
      'none: a token that is not known any more is renewed once for all',
      'all',
      'nothing',
      'one renewal',
      `${P}/refused-tokens.test.ts › 401: the token is renewed once for a hundred calls, and each is repeated`,
    ),
  },
};

const dns: Dependency = {
  name: 'DNS',
  cells: {
    away: shown(
      'the partner’s calls; its pushes are surely not sent',
      'others’',
      '`pushApi.lastError`; away: coupon API',
      'the event’s age, `expiresAt`',
      `${P}/unreachable-partner.test.ts › a name that nobody knows`,
      `${P}/coupon/coupon-api.test.ts › a name that does not resolve`,
    ),
    slow: { none: 'a part of the time limit for connecting: see the partner' },
    refuses: { none: 'as away' },
    'refuses a part': shown(
      'one broker’s partitions',
      'the others’',
      '`partitions[].fault`',
      'each second',
      'unit/kafka/fetch/fetch-apart.test.ts › whatever keeps it from being reached is the broker',
    ),
    'answers oddly': shown(
      'none',
      'all, by the first address that takes a connection',
      'nothing',
      'the time limit for connecting',
      `${P}/unreachable-partner.test.ts › a name with several addresses`,
    ),
    'answers hugely': { none: 'the system’s resolver has its own bounds' },
    'comes back as another': { none: 'names are looked up for each connection' },
  },
};

const tls: Dependency = {
  name: 'TLS',
  cells: {
    away: { none: 'a part of each connection' },
    slow: shown(
      'that push, not sent; that call',
      'others’',
      '`pushApi.lastError`',
      '2 s to write',
      `${P}/push-api.test.ts › that is still going on at the deadline to write`,
      `${P}/late-push.test.ts › given up before its TLS handshake is done: the request is never written`,
    ),
    refuses: shown(
      'the partner’s calls; pushes are surely not sent',
      'others’',
      'its code (`CERT_HAS_EXPIRED`) in `pushApi.lastError` and in the log',
      'the event’s age, `expiresAt`',
      `${P}/unreachable-partner.test.ts › a connection that a certificate has kept from is made anew once it is mended`,
      'scenarios/encrypted.test.ts › a partner that comes with a certificate of somebody else: events wait, none is lost',
    ),
    'refuses a part': shown(
      'one broker’s partitions',
      'the others’',
      '`partitions[].fault`',
      'each second',
      'unit/kafka/fetch/fetch-apart.test.ts › whatever keeps it from being reached is the broker',
    ),
    'answers oddly': { none: 'as refused' },
    'answers hugely': { none: 'Node’s own bounds' },
    'comes back as another': { none: 'as refused' },
  },
};

export const PARTNERS: readonly Dependency[] = [couponApi, pushApi, authServer, dns, tls];
