/** An event in a situation that is given, decided by the code that pods run, and explained. */
import { compileRules } from '../../rules/document/compile-rules.ts';
import type { RulesDocument } from '../../rules/document/schema.ts';
import { decide, type Decision, type DecisionWitness, type Situation } from '../decide.ts';
import { explainDecision } from './explain.ts';
import type { Explanation } from './explanation.ts';
import { createTracer } from './trace.ts';

export interface Given extends Omit<Situation, 'rules' | 'coupons'> {
  /** Undefined: nobody says what the coupon API has; an event that comes to it is not decided. */
  readonly coupons: Situation['coupons'] | undefined;
}

export interface ExplainedGiven {
  readonly explanation: Explanation;
  /** Undefined: it hangs on what is not given. */
  readonly decision: Decision | undefined;
}

/** Ends a decision that hangs on what is not given. */
const NOT_GIVEN = new Error('what the coupon API has is not given');
const NO_COUPONS: Situation['coupons'] = { kind: 'coupons', coupons: [] };

/** @param hash of the document's bytes. @param notes what is taken for granted. */
export async function explainGiven(
  document: RulesDocument,
  hash: string,
  given: Given,
  notes: readonly string[] = [],
): Promise<ExplainedGiven> {
  const tracer = createTracer();
  const rules = compileRules(document, hash, tracer.rules);
  const { coupons: answer, event, nowMs } = given;
  const decision = await decideGiven(
    { ...given, rules, coupons: answer ?? NO_COUPONS },
    {
      filter: (check) => tracer.filter(check),
      couponsAsked: () => {
        tracer.couponsAsked();
        if (answer === undefined) throw NOT_GIVEN;
      },
      couponsAnswered: (answered) => tracer.couponsAnswered(answered),
      cap: ({ cap, couponId, counted, pushes }) =>
        tracer.cap({ cap, couponId, least: counted, most: counted, sinceMs: pushes.map(({ atMs }) => atMs) }),
      tooLate: (couponId) => tracer.tooLate(couponId),
    },
  );
  return {
    decision,
    explanation: explainDecision({
      ...{ document, rules, event, nowMs, notes },
      ...{ trace: tracer.read(), outcome: decision?.outcome, push: decision?.push },
    }),
  };
}

async function decideGiven(situation: Situation, witness: DecisionWitness): Promise<Decision | undefined> {
  try {
    return await decide(situation, witness);
  } catch (error) {
    if (error !== NOT_GIVEN) throw error;
    return undefined;
  }
}
