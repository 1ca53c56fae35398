/**
 * The closing line of every test run, `N passed, N failed` (`, N skipped` where there are any): people and build
 * servers read the last line and the exit code, so both come from the one count made here.
 */
export interface TestSummary {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export function formatSummary({ passed, failed, skipped }: TestSummary): string {
  const line = `${passed} passed, ${failed} failed`;
  return skipped > 0 ? `${line}, ${skipped} skipped` : line;
}

/**
 * The count that agrees with how the run ended: a run that broke off, or that ran nothing, has failed even where
 * no single test did.
 */
export function settleSummary(counted: TestSummary | undefined, endedWell: boolean): TestSummary {
  const summary = counted ?? { passed: 0, failed: 0, skipped: 0 };
  const ranNothing = summary.passed + summary.failed === 0;
  return summary.failed === 0 && (!endedWell || ranNothing) ? { ...summary, failed: 1 } : summary;
}

const MOST_FAILURES = 20;
const MOST_CHARACTERS = 400;

/** A line each, of the first lines of what they say: their whole texts stand further up. Nothing for none. */
export function formatFailures(failures: readonly string[]): string {
  const lines = failures
    .slice(0, MOST_FAILURES)
    .map((failure) => `Failed: ${(failure.split('\n', 1)[0] ?? '').slice(0, MOST_CHARACTERS)}`);
  if (failures.length > MOST_FAILURES)
    lines.push(`Failed: ${String(failures.length - MOST_FAILURES)} more, see above`);
  return lines.map((line) => `${line}\n`).join('');
}

export function parseSummary(text: string): TestSummary | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const { passed, failed, skipped } = value as Record<string, unknown>;
    if (typeof passed !== 'number' || typeof failed !== 'number' || typeof skipped !== 'number')
      return undefined;
    return { passed, failed, skipped };
  } catch {
    return undefined;
  }
}
