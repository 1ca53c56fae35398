/** The events behind a number: the first ones by time, or all of them. */

export interface EventIds {
  readonly ids: string[];
  /** Epoch ms of each, by which they are put in order. */
  readonly atMs: number[];
}

/** @param max how many are kept; those that came first by time. */
export function addId({ ids, atMs }: EventIds, id: string, momentMs: number, max: number): void {
  if (ids.length < max) {
    ids.push(id);
    atMs.push(momentMs);
    return;
  }
  let latest = 0;
  for (let at = 1; at < atMs.length; at += 1)
    if ((atMs[at] as number) > (atMs[latest] as number)) latest = at;
  if (momentMs >= (atMs[latest] ?? -Infinity)) return;
  ids[latest] = id;
  atMs[latest] = momentMs;
}

export function addIds(to: EventIds, from: EventIds, max: number): void {
  for (const [index, id] of from.ids.entries()) addId(to, id, from.atMs[index] as number, max);
}

/** By time. */
export function sortedIds({ ids, atMs }: EventIds): readonly string[] {
  return ids
    .map((id, index) => ({ id, atMs: atMs[index] as number }))
    .sort((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1))
    .map(({ id }) => id);
}
