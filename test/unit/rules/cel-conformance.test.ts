/**
 * Conditions follow CEL wherever the document lets it be used: by the published conformance tests. What the document
 * leaves out is refused when it is loaded, and what differs stands here, with its reason. rules/README.md says both.
 */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { askCel, celCases, type CelOutcome } from './cel-cases.ts';

const outcomes = celCases().map((one) => ({ ...one, outcome: askCel(one) }));
const countOf = (outcome: CelOutcome): number => outcomes.filter((one) => one.outcome === outcome).length;

/** Why, and the cases. */
const DIFFERENT: Readonly<Record<string, readonly string[]>> = {
  'bytes, which no field has, are compared letter by letter': [
    'comparisons/eq_literal/eq_bytes',
    'comparisons/ne_literal/not_ne_bytes',
    'conversions/string/bytes_invalid',
  ],
  'a number beyond 64 bits is not refused': [
    'conversions/int/double_int_max_range',
    'conversions/int/double_int_min_range',
    'conversions/int/double_range',
    'conversions/uint/double_uint_max_range',
    'integer_math/int64_math/int64_min_negate',
    'integer_math/int64_math/int64_min_negate_div',
  ],
  'numbers are one type here, so % takes fractions too': ['fp_math/fp_math/mod_not_support'],
  'a map takes null as a key, and one key twice; its numbers are no int in a loop': [
    'fields/qualified_identifier_resolution/map_key_null',
    'fields/qualified_identifier_resolution/map_value_repeat_key',
    'macros/exists_one/map_one',
  ],
  'lowerAscii, upperAscii and trim go by JavaScript’s letters and spaces': [
    'string_ext/ascii_casing/lowerascii_unicode',
    'string_ext/ascii_casing/lowerascii_unicode_with_space',
    'string_ext/ascii_casing/upperascii_unicode',
    'string_ext/trim/unicode_no_trim',
    'string_ext/trim/unicode_space_chars_1',
  ],
  'a time zone is a name, and no offset without a sign': ['timestamps/timestamp_selectors_tz/getHours'],
  'times are exact to the ms': ['timestamps/timestamp_arithmetic/add_time_to_duration_nanos_positive'],
  'a time outside of the years 1 to 9999, or as long a duration, is not refused': [
    'timestamps/duration_range/add_over',
    'timestamps/duration_range/add_under',
    'timestamps/duration_range/from_string_over',
    'timestamps/duration_range/from_string_under',
    'timestamps/duration_range/sub_over',
    'timestamps/duration_range/sub_under',
    'timestamps/timestamp_range/add_duration_nanos_over',
    'timestamps/timestamp_range/add_duration_nanos_under',
    'timestamps/timestamp_range/add_duration_over',
    'timestamps/timestamp_range/add_duration_under',
    'timestamps/timestamp_range/sub_time_duration_over',
    'timestamps/timestamp_range/sub_time_duration_under',
  ],
};

it('conditions differ from CEL only where it is said, and why', () => {
  const differs = outcomes.filter(({ outcome }) => outcome === 'differs').map(({ name }) => name);
  expect(differs.toSorted()).toEqual(Object.values(DIFFERENT).flat().toSorted());
});

it('the guide has the counts', async () => {
  const guide = (await readFile('rules/README.md', 'utf8')).replace(/\s+/g, ' ');
  expect(countOf('follows')).toBeGreaterThan(600);
  expect(guide).toContain(
    `Of ${outcomes.length.toLocaleString('en')} published conformance tests of CEL that a condition can hold, ${String(countOf('follows'))} pass, ${String(countOf('refused'))} use what the document leaves out and are refused by \`check\`, and ${String(countOf('differs'))} differ`,
  );
});

it('what is left out is refused when it is loaded, and never fails for each coupon instead', () => {
  const leftOut = outcomes.filter(({ name }) => /^(optionals|block_ext|bindings_ext|dynamic)\//.test(name));
  expect(leftOut.length).toBeGreaterThan(100);
  expect(leftOut.filter(({ outcome }) => outcome !== 'refused').map(({ name }) => name)).toEqual([]);
});
