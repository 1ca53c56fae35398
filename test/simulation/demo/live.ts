/**
 * The live funnel. On a terminal it is drawn again and again in place; elsewhere (a log, a pipe) a line every few
 * seconds says the same. What is said in between scrolls above it.
 */
import { styleText } from 'node:util';
import type { Status } from '../../../src/ops/status.ts';
import type { Funnel } from '../verify/funnel.ts';

/** What there is to show at a moment. */
export interface View {
  readonly phase: string;
  readonly events: number;
  readonly played: number;
  readonly playedPerSecond: number;
  readonly funnel: Funnel;
  readonly deliveries: Readonly<Record<string, number>>;
  readonly pods: readonly { readonly name: string; readonly status: Status | undefined }[];
}

export interface Live {
  /** A line that stays. */
  say(line: string): void;
  /** Shows the state from now on. */
  show(view: () => View): void;
  /** Draws a last time and lets go of the screen. */
  end(): void;
}

/** A bar of `width` cells, filled to `share`. */
export const bar = (share: number, width: number): string => {
  const cells = Math.max(0, Math.min(1, share)) * width;
  const full = Math.floor(cells);
  const rest = ' ▏▎▍▌▋▊▉'[Math.floor((cells - full) * 8)] ?? ' ';
  return `${'█'.repeat(full)}${full < width ? rest : ''}`.padEnd(width);
};

/** 12,345 */
export const grouped = (count: number): string => count.toLocaleString('en-US');

const total = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

const dim = (text: string): string => styleText('dim', text);

const podLine = (name: string, status: Status | undefined): string => {
  if (status === undefined) return `  ${name}  ${styleText('yellow', 'away')}`;
  const { inFlight, couponApi, partitions, queue } = status;
  const lag = partitions.reduce((sum, partition) => sum + (partition.lag ?? 0), 0);
  const breaker =
    couponApi.breaker === 'closed' ? '' : styleText('yellow', ` · breaker ${couponApi.breaker}`);
  const p50 = couponApi.p50Ms === null ? '' : ` · coupons in ${Math.round(couponApi.p50Ms)} ms`;
  return `  ${name}  ${styleText('green', 'ready')} · ${partitions.length} partitions · ${inFlight} in flight · lag ${lag} · ${queue.waiting + queue.active + queue.delayed} in the push queue${p50}${breaker}`;
};

const row = (name: string, count: number, all: number, colour: 'green' | 'cyan' | 'red' | 'blue'): string => {
  const share = all === 0 ? 0 : count / all;
  const percent = `${(share * 100).toFixed(1)} %`.padStart(7);
  return `  ${name.padEnd(26)} ${grouped(count).padStart(8)} ${dim(percent)}  ${styleText(colour, bar(share, 40))}`;
};

/** The funnel as rows: queued, then every reason, then the pushes' ends. */
export const funnelRows = (funnel: Funnel, deliveries: Readonly<Record<string, number>>): string[] => [
  row('queued', funnel.queued, funnel.events, 'green'),
  ...Object.entries(funnel.filtered).map(([reason, count]) => row(reason, count, funnel.events, 'cyan')),
  ...Object.entries(funnel.deadLettered).map(([reason, count]) =>
    row(`dead: ${reason}`, count, funnel.events, 'red'),
  ),
  dim(`  ${'─'.repeat(86)}`),
  ...Object.entries(deliveries).map(([outcome, count]) => row(outcome, count, total(deliveries), 'blue')),
];

const draw = (view: View): string[] => {
  const { funnel } = view;
  const waiting = Math.max(0, view.played - funnel.events);
  return [
    '',
    `  ${styleText('bold', view.phase)}`,
    `  ${styleText('green', bar(view.played / view.events, 40))} ${grouped(view.played)} of ${grouped(view.events)} events played · ${grouped(Math.round(view.playedPerSecond))}/s · ${grouped(waiting)} without outcome`,
    '',
    ...funnelRows(funnel, view.deliveries),
    '',
    ...view.pods.map(({ name, status }) => podLine(name, status)),
  ];
};

const line = (view: View): string => {
  const { funnel, deliveries } = view;
  return `${view.phase}: ${grouped(view.played)}/${grouped(view.events)} played, ${grouped(funnel.events)} decided (${grouped(funnel.queued)} queued, ${grouped(total(funnel.filtered))} filtered, ${grouped(total(funnel.deadLettered))} dead letters), ${grouped(deliveries['sent'] ?? 0)} sent`;
};

const REDRAW_MS = 250;
const LINE_MS = 3000;

/** Opens the live view on this stream. */
export const openLive = (out: NodeJS.WriteStream): Live => {
  const tty = out.isTTY;
  let view: (() => View) | undefined;
  let height = 0;
  const erase = (): void => {
    if (height > 0) out.write(`\u001b[${height}A\u001b[0J`);
    height = 0;
  };
  const redraw = (): void => {
    if (view === undefined) return;
    if (!tty) {
      out.write(`${line(view())}\n`);
      return;
    }
    const rows = draw(view()).slice(0, Math.max(4, (out.rows || 40) - 1));
    erase();
    // A row wider than the screen would wrap and be counted once; let the terminal cut it.
    out.write(`\u001b[?7l${rows.join('\n')}\n\u001b[?7h`);
    height = rows.length;
  };
  let timer: NodeJS.Timeout | undefined;
  return {
    say(text) {
      if (tty) erase();
      out.write(`${text}\n`);
      if (tty) redraw();
    },
    show(next) {
      view = next;
      timer ??= setInterval(redraw, tty ? REDRAW_MS : LINE_MS);
      redraw();
    },
    end() {
      clearInterval(timer);
      timer = undefined;
      if (tty) erase();
      view = undefined;
    },
  };
};
