/** A step whose events may be traced: set up once a pod, so that a pod without traces has the step itself. */
import type { EventTracer, TracedStep } from '../domain/event-trace.ts';
import type { EventContext } from './steps/step.ts';

type AnyStep<Input, Result> = (context: EventContext, input: Input) => Result;

/** @returns `step` where there is no tracer; else one that tells the trace of an event when it begins and ends. */
export function tracedStep<Input, Result>(
  name: TracedStep,
  step: AnyStep<Input, Result>,
  tracer: EventTracer | undefined,
): AnyStep<Input, Result> {
  if (tracer === undefined) return step;
  return (context, input) => {
    const { trace } = context;
    if (trace === undefined) return step(context, input);
    trace.enter(name);
    const fail = (error: unknown): never => {
      trace.leave(error);
      throw error;
    };
    try {
      const result = step(context, input);
      if (result instanceof Promise) {
        return result.then((value: unknown) => {
          trace.leave();
          return value;
        }, fail) as Result;
      }
      trace.leave();
      return result;
    } catch (error) {
      return fail(error);
    }
  };
}
