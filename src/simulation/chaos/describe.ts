/** A fault in words, for the timeline. */
import type { LinkName, PlannedFault } from './fault-kinds.ts';

const PARTNERS: Readonly<Record<LinkName, string>> = {
  kafka: 'Kafka',
  redis: 'Redis',
  s3: 'S3',
  coupon: 'the coupon API',
  push: 'the push API',
  auth: 'the auth server',
};

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

const what = (fault: PlannedFault): string => {
  const { kind, lastsMs, amount = 0 } = fault;
  const far = PARTNERS[fault.link ?? 'kafka'];
  const lasting = `for ${seconds(lastsMs)}`;
  switch (kind) {
    case 'pod-kill':
      return `kill -9, away ${lasting}`;
    case 'pod-restart':
      return `SIGTERM, away ${lasting} beyond its drain`;
    case 'pod-freeze':
    case 'pod-long-freeze':
      return `frozen (SIGSTOP) ${lasting}`;
    case 'clock-step':
      return `its clock is set ${seconds(Math.abs(amount))} ${amount < 0 ? 'back' : 'ahead'} ${lasting}`;
    case 'broker-restart':
      return `Kafka: SIGTERM, away ${lasting}`;
    case 'broker-kill':
      return `Kafka: kill -9, away ${lasting}`;
    case 'broker-freeze':
      return `Kafka: frozen (SIGSTOP) ${lasting}`;
    case 'redis-kill':
      return `Redis: kill -9, away ${lasting}`;
    case 'redis-host-death':
      return `Redis: its host dies, and the last ${seconds(lastsMs)} of its writes with it`;
    case 'redis-freeze':
      return `Redis: frozen (SIGSTOP) ${lasting}`;
    case 's3-away':
      return `S3: does not answer ${lasting}`;
    case 'coupon-away':
      return `the coupon API: refuses connections ${lasting}`;
    case 'push-away':
      return `the push API: refuses connections ${lasting}`;
    case 'auth-away':
      return `the auth server: refuses connections ${lasting}`;
    case 'coupon-errors':
      return `the coupon API: ${(amount * 100).toFixed(0)} % of calls fail ${lasting}`;
    case 'push-errors':
      return `the push API: ${(amount * 100).toFixed(0)} % of calls fail ${lasting}`;
    case 'tokens-revoked':
      return 'the auth server: every token revoked';
    case 'link-slow':
      return `${amount} ms each way to ${far}, 200 kB/s, ${lasting}`;
    case 'link-cut':
      return `cut off from ${far} ${lasting}`;
    case 'link-hole':
      return `nothing comes through to or from ${far} ${lasting}`;
  }
};

/** One line; `on` is the pod's name. `over`: the same, short. */
export const describeFault = (fault: PlannedFault, on: string | undefined, as?: 'over'): string => {
  if (as === 'over') return [on, fault.kind, fault.link].filter((part) => part !== undefined).join(' ');
  return on === undefined ? what(fault) : `${on}: ${what(fault)}`;
};
