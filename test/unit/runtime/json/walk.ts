/** Drives a walk over bytes to its end. */

export interface Walked<Item, End> {
  readonly items: readonly Item[];
  readonly end: End;
  /** How often a pause could have been made. */
  readonly pauses: number;
}

export function walk<Item, End>(steps: Generator<Item | undefined, End>): Walked<Item, End> {
  const items: Item[] = [];
  let pauses = 0;
  for (;;) {
    const step = steps.next();
    if (step.done === true) return { items, end: step.value, pauses };
    if (step.value === undefined) pauses += 1;
    else items.push(step.value);
  }
}
