/** Tells failures that come with the limit of calls at once from those that come in any case. */

/** A share of failed calls that is no accident, beyond what fails in any case. */
const FAILED_SHARE = 0.1;
const FEWEST_JUDGED = 64;
/** Half of so few need no more to be sure. */
const FEWEST_JUDGED_WORST = 10;
/** Weight of the newest share in what is known to fail in any case. */
const LEARN = 0.1;

export function createCallFailures() {
  let left = 0;
  let calls = 0;
  let failed = 0;
  let usual = 0;
  let wasTooMuch = false;
  return {
    /** Judges only what returns from here on, but for the first `skip` calls: they began under another limit. */
    begin(skip: number): void {
      calls = failed = 0;
      left = skip;
    },
    /** @returns true where the limit is to be cut. */
    add(overloaded: boolean, limit: number): boolean {
      if (left > 0) {
        left -= 1;
        return false;
      }
      calls += 1;
      if (overloaded) failed += 1;
      const share = failed / calls;
      const isWorst = calls >= FEWEST_JUDGED_WORST && share >= 0.5;
      if (!isWorst && calls < Math.max(FEWEST_JUDGED, limit)) return false;
      const isTooMuch = share > FAILED_SHARE + 1.5 * usual;
      // A cut that did not help is a sign that the limit is not the reason.
      if (!isTooMuch || (wasTooMuch && share < 0.5)) usual += LEARN * (share - usual);
      wasTooMuch = isTooMuch;
      calls = failed = 0;
      // Calls that are out already have seen the limit of before.
      if (isTooMuch) left = limit;
      return isTooMuch;
    },
  };
}
