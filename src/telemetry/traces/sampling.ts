/** Which events are traced: OpenTelemetry's samplers by their names. */
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  type Sampler,
} from '@opentelemetry/sdk-trace';
import { isSampled, type RemoteSpan } from '../../domain/trace.ts';
import type { TraceSettings } from './trace-settings.ts';

export interface Sampling {
  readonly sampler: Sampler;
  /** False: the sampler says no for certain, so it need not be asked. True: ask it. */
  readonly mayBeSampled: (parent: RemoteSpan | undefined) => boolean;
}

const PARENT_BASED = 'parentbased_';

/**
 * An event without a parent is drawn here: the SDK would make ids for each of them, and most are for nothing.
 *
 * @param random from 0 to below 1.
 */
export function createSampling({ sampler: name, ratio }: TraceSettings, random = Math.random): Sampling {
  const isParentBased = name.startsWith(PARENT_BASED);
  if (!isParentBased) {
    const isOff = name === 'always_off' || (name === 'traceidratio' && ratio === 0);
    return { sampler: samplerOf(name, ratio), mayBeSampled: () => !isOff };
  }
  const shares: Readonly<Record<string, number>> = { always_on: 1, always_off: 0 };
  const share = shares[name.slice(PARENT_BASED.length)] ?? ratio;
  return {
    // Whoever comes to it without a parent has been drawn.
    sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    mayBeSampled: (parent) => (parent === undefined ? random() < share : isSampled(parent)),
  };
}

function samplerOf(name: string, ratio: number): Sampler {
  if (name === 'traceidratio') return new TraceIdRatioBasedSampler(ratio);
  return name === 'always_on' ? new AlwaysOnSampler() : new AlwaysOffSampler();
}
