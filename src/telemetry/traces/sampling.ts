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

export function createSampling({ sampler: name, ratio }: TraceSettings): Sampling {
  const isParentBased = name.startsWith(PARENT_BASED);
  const rootName = isParentBased ? name.slice(PARENT_BASED.length) : name;
  const root = samplerOf(rootName, ratio);
  const mayBeRoot = rootName !== 'always_off' && !(rootName === 'traceidratio' && ratio === 0);
  return {
    sampler: isParentBased ? new ParentBasedSampler({ root }) : root,
    mayBeSampled: (parent) => (isParentBased && parent !== undefined ? isSampled(parent) : mayBeRoot),
  };
}

function samplerOf(name: string, ratio: number): Sampler {
  if (name === 'traceidratio') return new TraceIdRatioBasedSampler(ratio);
  return name === 'always_on' ? new AlwaysOnSampler() : new AlwaysOffSampler();
}
