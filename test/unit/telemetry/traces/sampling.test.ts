/** Which events are traced, without asking the SDK for those that are not. */
import { expect, it } from 'vitest';
import { readTraceparent } from '../../../../src/domain/trace.ts';
import { createSampling } from '../../../../src/telemetry/traces/sampling.ts';
import type { TraceSettings } from '../../../../src/telemetry/traces/trace-settings.ts';

const parentWith = (flags: string) => readTraceparent(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-${flags}`);
const draw = (sampler: string, ratio: number, random: number) =>
  createSampling({ sampler, ratio } as TraceSettings, () => random).mayBeSampled;

it.each([
  ['parentbased_traceidratio', 0.25, 0.2499, true],
  ['parentbased_traceidratio', 0.25, 0.25, false],
  ['parentbased_traceidratio', 0, 0, false],
  ['parentbased_traceidratio', 1, 0.999, true],
  ['parentbased_always_on', 0, 0.999, true],
  ['parentbased_always_off', 1, 0, false],
])('%s of %d without a parent, drawn at %d: %s', (sampler, ratio, random, expected) => {
  expect(draw(sampler, ratio, random)(undefined)).toBe(expected);
});

it.each(['parentbased_traceidratio', 'parentbased_always_on', 'parentbased_always_off'])(
  '%s goes by the flag of a parent',
  (sampler) => {
    expect(draw(sampler, 0.5, 0.9)(parentWith('01'))).toBe(true);
    expect(draw(sampler, 0.5, 0.1)(parentWith('00'))).toBe(false);
  },
);

it.each([
  ['always_on', 1, true],
  ['always_off', 1, false],
  ['traceidratio', 0.5, true],
  ['traceidratio', 0, false],
])('%s of %d asks no parent; where it may be, the sampler says', (sampler, ratio, expected) => {
  expect(draw(sampler, ratio, 0)(parentWith('00'))).toBe(expected);
});
