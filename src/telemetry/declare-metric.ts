/**
 * How a metric is declared, and what follows from a declaration for the compiler: an emission needs a name of the
 * table, every tag that the name has, no other, and a value of the tag's list.
 */

/** A counter only grows, a gauge is read, a distribution has a value for each thing that it measures. */
export type MetricKind = 'counter' | 'gauge' | 'distribution';
export type MetricUnit =
  | 'coupon'
  | 'commit'
  | 'document'
  | 'event'
  | 'job'
  | 'ms'
  | 'offset'
  | 'push'
  | 'record'
  | 's'
  | 'time'
  | 'yes/no';

/** `optional` tags are left out where they have no value. */
export interface Tag<Value extends string, Optional extends boolean> {
  /** All values, where the list is closed. */
  readonly values: readonly Value[] | undefined;
  /** What bounds the values of an open list: never a user, coupon or event. */
  readonly boundedBy: string | undefined;
  readonly optional: Optional;
}

type Tags = Readonly<Record<string, Tag<string, boolean>>>;

export interface DeclaredMetric<Kind extends MetricKind = MetricKind, Of extends Tags = Tags> {
  readonly kind: Kind;
  readonly unit: MetricUnit;
  /** One sentence: what it counts, shows or measures. */
  readonly says: string;
  readonly tags: Of;
  /** Of a distribution: upper bounds, rising; what is above the last has a bucket of its own. */
  readonly buckets: readonly number[];
}

/** A tag with a closed list of values. */
export function oneOf<const Value extends string>(values: readonly Value[]): Tag<Value, false> {
  return { values, boundedBy: undefined, optional: false };
}

/** A tag whose values are not known before, though few. */
export function open(boundedBy: string): Tag<string, false> {
  return { values: undefined, boundedBy, optional: false };
}

export function optional<Value extends string>(tag: Tag<Value, false>): Tag<Value, true> {
  return { ...tag, optional: true };
}

type NoTags = Readonly<Record<string, never>>;

export function counter<const Of extends Tags = NoTags>(
  unit: MetricUnit,
  says: string,
  tags?: Of,
): DeclaredMetric<'counter', Of> {
  return { kind: 'counter', unit, says, tags: tags ?? ({} as Of), buckets: [] };
}

export function gauge<const Of extends Tags = NoTags>(
  unit: MetricUnit,
  says: string,
  tags?: Of,
): DeclaredMetric<'gauge', Of> {
  return { kind: 'gauge', unit, says, tags: tags ?? ({} as Of), buckets: [] };
}

/** @param buckets upper bounds in `unit`, rising. */
export function distribution<const Of extends Tags = NoTags>(
  unit: MetricUnit,
  says: string,
  buckets: readonly number[],
  tags?: Of,
): DeclaredMetric<'distribution', Of> {
  return { kind: 'distribution', unit, says, tags: tags ?? ({} as Of), buckets };
}

type ValueOf<T> = T extends Tag<infer Value, boolean> ? Value : never;
type NeededIn<Of> = { [Name in keyof Of]: Of[Name] extends Tag<string, false> ? Name : never }[keyof Of];

/** What an emission of the metric has to bring. */
export type TagsOf<Metric> =
  Metric extends DeclaredMetric<MetricKind, infer Of>
    ? Of extends NoTags
      ? NoTags
      : { readonly [Name in NeededIn<Of>]: ValueOf<Of[Name]> } & {
          readonly [Name in Exclude<keyof Of, NeededIn<Of>>]?: ValueOf<Of[Name]>;
        }
    : never;

/** The names in a table that are of one kind. */
export type NamesOf<Table, Kind extends MetricKind> = {
  [Name in keyof Table & string]: Table[Name] extends { readonly kind: Kind } ? Name : never;
}[keyof Table & string];
