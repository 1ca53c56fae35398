/**
 * The last hour of one pod, and of all: 360 slots of 10 s, by the wall clock, so that pods' slots fit together. Memory
 * is bounded whatever happens: a slot that falls out of the hour is forgotten. What a pod counted between two looks
 * belongs to the slot of the later one. A slot in which nobody looked is empty.
 */
import { COUNTERS, tableOf, type CounterName, type Counts } from './counters.ts';

export const SLOT_MS = 10_000;
export const SLOTS = 360;

/** Kept as the largest of a slot: how far events are behind, and what the slowest hundredth of the coupon calls took. */
export const GAUGES = ['behindSeconds', 'couponP99Ms'] as const;
export type GaugeName = (typeof GAUGES)[number];
/** Null: not known. */
export type Gauges = Readonly<Record<GaugeName, number | null>>;

type ColumnName = CounterName | GaugeName;
const COLUMNS: readonly ColumnName[] = [...COUNTERS, ...GAUGES];
const isGauge = (name: ColumnName): name is GaugeName => GAUGES.some((gauge) => gauge === name);

/** Consecutive slots up to the latest, at most {@link SLOTS}. A column that is absent is 0 throughout. */
export interface HourWindow {
  /** Number of the first slot: epoch ms by {@link SLOT_MS}. */
  readonly firstSlot: number;
  readonly slots: number;
  readonly columns: Readonly<Partial<Record<ColumnName, readonly number[]>>>;
  /** What its pod had counted in all its life when this was told. */
  readonly counted?: Counts;
}

export interface Hour {
  /** @param counts since the pod started; they never fall. @param nowMs epoch ms; one that goes back is taken as it is. */
  note(nowMs: number, counts: Counts, gauges: Gauges): void;
  window(nowMs: number): HourWindow;
}

const EMPTY: HourWindow = { firstSlot: 0, slots: 0, columns: {} };

const slotOf = (atMs: number): number => Math.floor(atMs / SLOT_MS);

export function createHour(): Hour {
  const numbers = new Array<number>(SLOTS).fill(-1);
  const columns = new Map(COLUMNS.map((name) => [name, new Float64Array(SLOTS)]));
  let last: Counts | undefined;

  return {
    note(nowMs, counts, gauges) {
      const slot = slotOf(nowMs);
      const at = slot % SLOTS;
      if (numbers[at] !== slot) {
        numbers[at] = slot;
        for (const column of columns.values()) column[at] = 0;
      }
      for (const [name, column] of columns) {
        const old = column[at] ?? 0;
        if (isGauge(name)) column[at] = Math.max(old, gauges[name] ?? 0);
        else column[at] = old + counts[name] - (last?.[name] ?? 0);
      }
      last = counts;
    },
    window(nowMs) {
      const end = slotOf(nowMs);
      const known = numbers.filter((slot) => slot > end - SLOTS && slot <= end);
      if (known.length === 0) return EMPTY;
      const firstSlot = Math.min(...known);
      const slots = end - firstSlot + 1;
      const read = (column: Float64Array): number[] =>
        Array.from({ length: slots }, (_, offset) => {
          const at = (firstSlot + offset) % SLOTS;
          return numbers[at] === firstSlot + offset ? rounded(column[at] ?? 0) : 0;
        });
      const filled = [...columns].map(([name, column]) => [name, read(column)] as const);
      return {
        firstSlot,
        slots,
        columns: Object.fromEntries(filled.filter(([, values]) => values.some((value) => value !== 0))),
        ...(last !== undefined && { counted: last }),
      };
    },
  };
}

/** The hour of several pods: counts are added, gauges are the largest. Slots that are over by now are left out. */
export function mergeHours(windows: readonly HourWindow[], nowMs: number): HourWindow {
  const end = slotOf(nowMs);
  const inTime = windows.filter(({ firstSlot, slots }) => slots > 0 && firstSlot + slots > end - SLOTS + 1);
  if (inTime.length === 0) return EMPTY;
  const firstSlot = Math.max(end - SLOTS + 1, Math.min(...inTime.map((one) => one.firstSlot)));
  const slots = end - firstSlot + 1;
  if (slots <= 0) return EMPTY;
  const columns: Partial<Record<ColumnName, number[]>> = {};
  for (const window of inTime) {
    for (const name of COLUMNS) {
      const values = window.columns[name];
      if (values === undefined) continue;
      const sums = (columns[name] ??= new Array<number>(slots).fill(0));
      const isLargest = isGauge(name);
      values.forEach((value, offset) => {
        const at = window.firstSlot + offset - firstSlot;
        const old = sums[at];
        // Another pod's clock may be ahead by a slot.
        if (old !== undefined) sums[at] = isLargest ? Math.max(old, value) : old + value;
      });
    }
  }
  return { firstSlot, slots, columns };
}

/** @returns what a pod has counted since it told its hour, as the slot of now; nothing where it was not that pod. */
export function sinceTold({ counted }: HourWindow, counts: Counts, nowMs: number): HourWindow {
  if (counted === undefined || COUNTERS.some((name) => counts[name] < counted[name])) return EMPTY;
  const later = COUNTERS.map((name) => [name, [counts[name] - counted[name]]] as const);
  return { firstSlot: slotOf(nowMs), slots: 1, columns: Object.fromEntries(later) };
}

/** What was counted in the latest slots together. @param slots how many, ≥ 1; default: all. */
export function totalOf({ columns }: HourWindow, slots = SLOTS): Counts {
  return tableOf((name) => columns[name]?.slice(-slots).reduce((sum, value) => sum + value, 0));
}

/** @returns undefined where the text is no hour that this version can read. Never throws. */
export function parseHour(text: string): HourWindow | undefined {
  try {
    const { firstSlot, slots, columns, counted } = JSON.parse(text) as HourWindow;
    if (!Number.isSafeInteger(firstSlot) || !Number.isSafeInteger(slots) || slots < 0 || slots > SLOTS)
      return undefined;
    const read = COLUMNS.flatMap((name) => {
      const values: unknown = columns[name];
      if (!Array.isArray(values)) return [];
      return [[name, values.slice(0, slots).map((value) => (Number.isFinite(value) ? Number(value) : 0))]];
    });
    return {
      ...{ firstSlot, slots, columns: Object.fromEntries(read) as HourWindow['columns'] },
      ...(counted !== undefined && { counted: tableOf((name) => counted[name]) }),
    };
  } catch {
    return undefined;
  }
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
