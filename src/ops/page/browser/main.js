/** Draws what the pod tells, part by part, as it changes. Every text comes from the pod. */
/** @import { PageView } from '../view/shape.ts' */
import { drawCharts } from './charts.js';
import { byId, setText } from './draw.js';
import { drawFacts, drawLetters, drawPartitions, drawPods, drawWaiting } from './lists.js';
import { drawFunnel, drawHeadline, drawNumbers, drawTold } from './overview.js';
import { openStream } from './stream.js';

/** @type {{ readonly [Part in keyof PageView]: (part: PageView[Part]) => void }} */
const DRAW = {
  headline: drawHeadline,
  keyNumbers: drawNumbers,
  funnel: drawFunnel,
  waiting: drawWaiting,
  partitions: drawPartitions,
  pods: drawPods,
  objectives: (facts) => drawFacts('objectives', facts),
  rules: (facts) => drawFacts('rules', facts),
  partners: (facts) => drawFacts('partners', facts),
  deadLetters: drawLetters,
  charts: drawCharts,
  told: drawTold,
};

const page = byId('page');
const lost = byId('lost');

/**
 * @template {keyof PageView} Part
 * @param {Part} part
 * @param {PageView} view
 */
function draw(part, view) {
  DRAW[part](view[part]);
}

openStream(
  (parts) => {
    for (const part of /** @type {(keyof PageView)[]} */ (Object.keys(parts))) {
      // A newer pod may tell more than this page draws.
      if (part in DRAW) draw(part, /** @type {PageView} */ (parts));
    }
    page.dataset['state'] = 'live';
    if (parts.told !== undefined) page.dataset['toldAt'] = String(parts.told.atMs);
  },
  (silentMs) => {
    page.dataset['state'] = silentMs === undefined ? 'live' : 'lost';
    lost.hidden = silentMs === undefined;
    if (silentMs !== undefined) document.title = 'No word – Coupon push notifier';
    // Only the seconds' tens, so that it is not read out each second.
    const seconds = Math.floor((silentMs ?? 0) / 10_000) * 10;
    const since = seconds === 0 ? '' : ` for ${String(seconds)} s`;
    setText(
      lost,
      silentMs === undefined ? '' : `No word from the pod${since}: these numbers are old. Trying again.`,
    );
  },
);
