import { expect, it } from 'vitest';
import { heldBack } from '../../../../src/ops/health/held-back.ts';

const flag = { why: 'rules r1', by: 'anna@desk', since: '2026-11-27T09:00:00.000Z' };

it('says nothing where nothing holds pushes back', () => {
  expect(heldBack(true, undefined)).toEqual([]);
  expect(heldBack(undefined, undefined)).toEqual([]);
});

it('says which of the two does, and who set the flag, since when and why', () => {
  expect(heldBack(false, undefined)).toEqual([expect.stringContaining('enabled is false')]);
  const [note] = heldBack(true, flag);
  expect(note).toBe(
    'pushes are held back by the kill switch in Redis (set by anna@desk, since 2026-11-27T09:00:00.000Z, rules r1), while the rules in force say enabled: true',
  );
  expect(heldBack(false, flag)).toHaveLength(2);
  expect(heldBack(undefined, flag)[0]).not.toContain('enabled');
});

it('of a flag that was set by hand says what there is', () => {
  expect(heldBack(undefined, { why: '', by: null, since: null })[0]).toContain('(set by somebody)');
});
