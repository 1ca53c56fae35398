/** What caps count together, subject by subject. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { CAP_SUBJECTS, capFields, countsEveryPush, subjectKey } from '../../../src/domain/cap.ts';
import { namesOf } from '../../../src/runtime/names-of.ts';
import { CAP_EXAMPLES } from '../../support/claims/cap-examples.ts';

describe.each(namesOf(CAP_SUBJECTS))('a cap per %s', (per) => {
  const { together, apart } = CAP_EXAMPLES[per];
  const [one, other] = together;

  it('counts together what its example says, and no more', () => {
    expect(subjectKey(per, 'u', one)).toBe(subjectKey(per, 'u', other));
    expect(one).not.toEqual(other);
    if (apart !== undefined) expect(subjectKey(per, 'u', apart)).not.toBe(subjectKey(per, 'u', one));
    expect(countsEveryPush(per)).toBe(apart === undefined);
  });

  it.each(['default.yaml', 'README.md'])('is offered to product people in rules/%s', async (page) => {
    const text = await readFile(new URL(`../../../rules/${page}`, import.meta.url), 'utf8');
    expect(text).toMatch(new RegExp(`\\b${per.replaceAll('+', '\\+')}(?![\\w+])`));
  });

  it('never counts two users together, whatever their ids', () => {
    expect(subjectKey(per, 'u', one)).not.toBe(subjectKey(per, 'u ', one));
    const [field] = capFields(per);
    if (field === undefined) return;
    for (const mark of [' + ', '+', ' ']) {
      const shifted = { ...one, [field]: `x${mark}${one[field]}` };
      expect(subjectKey(per, `u${mark}x`, one)).not.toBe(subjectKey(per, 'u', shifted));
    }
  });
});
