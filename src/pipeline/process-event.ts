/**
 * The whole business in one screen: what happens to a valid event, in order. Each step returns what the next one needs,
 * or the event's outcome (`steps/step.ts`). A thrown error means "not decided": running this again from the top is
 * always safe, because the event's own record answers first.
 */
import type { EventTracer } from '../domain/event-trace.ts';
import type { Outcome } from '../domain/outcome.ts';
import { monotonicMs } from '../runtime/clock.ts';
import { noteBegun } from './decision-seen.ts';
import type { Claims, CouponSource, FlowMeter, Places, PushQueue, Stage } from './ports.ts';
import { createApplyEventFilters, type FilterPorts } from './steps/apply-event-filters.ts';
import { createApplyRules } from './steps/apply-rules.ts';
import { createClaimPush } from './steps/claim-push.ts';
import { createEnqueuePush } from './steps/enqueue-push.ts';
import { createRequireCoupons } from './steps/require-coupons.ts';
import { createResumeClaim } from './steps/resume-claim.ts';
import type { EventContext, EventRun } from './steps/step.ts';
import { tracedStep } from './traced-step.ts';

export interface ProcessPorts extends FilterPorts {
  readonly claims: Claims;
  readonly queue: PushQueue;
  readonly coupons: CouponSource;
  readonly places: Places;
  readonly meter: FlowMeter;
  /** Undefined where traces are off. */
  readonly tracer?: EventTracer | undefined;
}

/**
 * @throws UnavailableError where a service is away, AbandonedError where ownership is revoked before the claim;
 * anything else is a defect of ours.
 */
export type ProcessEvent = (run: EventRun) => Promise<Outcome>;

export function createProcessEvent(ports: ProcessPorts): ProcessEvent {
  const { documents, meter, tracer } = ports;
  const resumeClaim = tracedStep('recall', createResumeClaim(ports), tracer);
  const applyEventFilters = createApplyEventFilters(ports);
  const requireCoupons = tracedStep('coupons', createRequireCoupons(ports), tracer);
  const applyRules = tracedStep('rules', createApplyRules(ports), tracer);
  const claimPush = tracedStep('claim', createClaimPush(ports), tracer);
  const enqueuePush = tracedStep('enqueue', createEnqueuePush(ports), tracer);

  async function decide(context: EventContext): Promise<Outcome> {
    const lap = startLaps(meter);

    const claim = await resumeClaim(context);
    lap('recall');
    if (claim.done) return claim.outcome;

    const filters = applyEventFilters(context, claim.value);
    if (filters.done) return filters.outcome;

    const coupons = await requireCoupons(context, filters.value);
    lap('coupons');
    if (coupons.done) return coupons.outcome;

    // The call may have taken minutes: ask the filters again, by the rules in force now.
    context.rules = documents.rules();
    const filtersNow = applyEventFilters(context, claim.value);
    if (filtersNow.done) return filtersNow.outcome;

    const ranking = applyRules(context, { coupons: coupons.value, filters: filtersNow.value });
    const ranked = ranking instanceof Promise ? await ranking : ranking;
    lap('rules');
    if (ranked.done) return ranked.outcome;

    const { quietFromMs } = filtersNow.value;
    const claimed = await claimPush(context, { candidates: ranked.value, quietFromMs });
    lap('claim');
    if (claimed.done) return claimed.outcome;

    const queued = await enqueuePush(context, claimed.value);
    lap('enqueue');
    return queued.outcome;
  }

  return async (run) => {
    const context: EventContext = { ...run, rules: documents.rules(), releaseCoupons: undefined };
    if (run.seen !== undefined) noteBegun(run.seen, run.event, context.rules, documents);
    try {
      return await decide(context);
    } finally {
      context.releaseCoupons?.();
    }
  };
}

/** Tells the meter how long a step took: from the last call (or the start) to this one. */
function startLaps(meter: FlowMeter): (stage: Stage) => void {
  let sinceMs = monotonicMs();
  return (stage) => {
    const nowMs = monotonicMs();
    meter.stage(stage, nowMs - sinceMs);
    sinceMs = nowMs;
  };
}
