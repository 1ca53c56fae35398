import { describe, expect, it } from 'vitest';
import { formatFailures, formatSummary, parseSummary, settleSummary } from '../../tools/test-summary.ts';

describe('the summary line', () => {
  it('names skipped tests only where there are any', () => {
    expect(formatSummary({ passed: 3, failed: 0, skipped: 0 })).toBe('3 passed, 0 failed');
    expect(formatSummary({ passed: 3, failed: 1, skipped: 2 })).toBe('3 passed, 1 failed, 2 skipped');
  });

  it('counts a run that broke off before any count as one failure', () => {
    expect(settleSummary(undefined, false)).toEqual({ passed: 0, failed: 1, skipped: 0 });
    expect(settleSummary(undefined, true)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  it('counts a run that ended badly as failed though every test passed', () => {
    expect(settleSummary({ passed: 5, failed: 0, skipped: 1 }, false)).toEqual({
      passed: 5,
      failed: 1,
      skipped: 1,
    });
  });

  it('counts a run in which everything was skipped as failed', () => {
    expect(settleSummary({ passed: 0, failed: 0, skipped: 4 }, true).failed).toBe(1);
  });

  it('leaves a count that agrees with the end as it is', () => {
    expect(settleSummary({ passed: 5, failed: 0, skipped: 0 }, true)).toEqual({
      passed: 5,
      failed: 0,
      skipped: 0,
    });
    expect(settleSummary({ passed: 5, failed: 2, skipped: 0 }, false).failed).toBe(2);
  });

  it('reads back only what is a count', () => {
    expect(parseSummary('{"passed":1,"failed":0,"skipped":2}')).toEqual({ passed: 1, failed: 0, skipped: 2 });
    expect(parseSummary('{"passed":1}')).toBeUndefined();
    expect(parseSummary('')).toBeUndefined();
  });

  it('names what failed by the first line of each, and counts what is beyond twenty', () => {
    expect(formatFailures([])).toBe('');
    expect(formatFailures(['a.test.ts > holds: expected 1\nto be 2', 'b.test.ts: no such file'])).toBe(
      'Failed: a.test.ts > holds: expected 1\nFailed: b.test.ts: no such file\n',
    );
    expect(formatFailures(['x'.repeat(500)])).toBe(`Failed: ${'x'.repeat(400)}\n`);
    const lines = formatFailures(Array.from({ length: 22 }, () => 'x')).split('\n');
    expect(lines.slice(19)).toEqual(['Failed: x', 'Failed: 2 more, see above', '']);
  });
});
