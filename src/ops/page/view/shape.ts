/** The page as it is drawn: every text is made by the pod, so that the browser only puts it in its place. */

/** Never told by colour alone: each has a word and a sign. */
export type Tone = 'good' | 'quiet' | 'watch' | 'bad';

export interface Headline {
  readonly tone: Tone;
  /** The state in a word or a few. */
  readonly word: string;
  /** What follows that word: the state's numbers, and what matters most beside it. */
  readonly sentence: string;
  /** What else a person should know; worst first. */
  readonly notes: readonly string[];
  /** The same without numbers that move. */
  readonly spoken: string;
}

/** A number that is read from across the room. */
export interface KeyNumber {
  readonly name: string;
  readonly value: string;
  readonly unit: string;
  readonly tone: Tone;
}

/** One bar: a number, its share of those received, and what it means. */
export interface FunnelRow {
  readonly name: string;
  /** As a person reads it; and the number itself, for the bar. */
  readonly count: string;
  readonly value: number;
  readonly share: string;
  /** 0–1. */
  readonly part: number;
  /** Per second now, without a unit. */
  readonly rate: string;
  /** Markdown's code between backticks, no links; empty where the name says it all. */
  readonly meaning: string;
}

export interface FunnelView {
  /** Since when it counts, such as `the last hour` or `12:04 UTC`. */
  readonly since: string;
  readonly steps: readonly FunnelRow[];
  /** How events end that are not pushed, those with most first; without those of nobody. */
  readonly reasons: readonly FunnelRow[];
  /** Reasons of nobody, by name. */
  readonly none: readonly string[];
  /** How queued pushes ended otherwise than sent. */
  readonly deliveries: readonly FunnelRow[];
}

export interface WaitingRow {
  readonly for: string;
  readonly events: string;
  readonly oldest: string;
}

export interface PartitionRow {
  readonly name: string;
  readonly lag: string;
  readonly behind: string;
  /** When its backlog is gone: `in 4 min`, `not at this pace`, empty where it has none. */
  readonly gone: string;
  readonly fault: string;
  readonly tone: Tone;
}

export interface PartitionsView {
  readonly rows: readonly PartitionRow[];
  /** What is not listed; empty where all are. */
  readonly more: string;
  /** All of them in a few words. */
  readonly summary: string;
}

export interface PodRow {
  readonly pod: string;
  /** What it is, in a word. */
  readonly state: string;
  readonly tone: Tone;
  /** Why it is not well; empty where it is. */
  readonly why: string;
  readonly version: string;
  readonly up: string;
  readonly rules: string;
  /** Such as `3: 0, 2, 5`. */
  readonly partitions: string;
  readonly rate: string;
  readonly behind: string;
  /** Events since it started, as `/status` counts them. */
  readonly received: string;
  readonly inFlight: string;
  /** How old its numbers are. */
  readonly seen: string;
  readonly isOwn: boolean;
}

export interface DeadLetterRow {
  readonly reason: string;
  readonly count: string;
  readonly newest: string;
  readonly meaning: string;
}

/** A line of a list: what, how it is, and a word to it. */
export interface Fact {
  readonly name: string;
  readonly value: string;
  readonly detail: string;
  readonly tone: Tone;
}

export interface Chart {
  readonly name: string;
  readonly unit: string;
  /** What the line says, in words. */
  readonly summary: string;
  readonly values: readonly number[];
}

/** Its parts are sent apart, each only when it has changed. */
export interface PageView {
  readonly headline: Headline;
  readonly keyNumbers: readonly KeyNumber[];
  readonly funnel: FunnelView;
  readonly waiting: readonly WaitingRow[];
  readonly partitions: PartitionsView;
  readonly pods: readonly PodRow[];
  /** What is left of the last hour's error budgets. */
  readonly objectives: readonly Fact[];
  readonly rules: readonly Fact[];
  readonly partners: readonly Fact[];
  readonly deadLetters: readonly DeadLetterRow[];
  readonly charts: {
    /** Epoch seconds of the first value, and between two. */
    readonly startSeconds: number;
    readonly stepSeconds: number;
    readonly lines: readonly Chart[];
  };
  /** Who tells it, and when: epoch ms. */
  readonly told: { readonly by: string; readonly pods: string; readonly atMs: number; readonly at: string };
}
