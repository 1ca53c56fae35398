/** What is read first: the state in words, the key numbers, the funnel. */
/** @import { FunnelRow, FunnelView, Headline, KeyNumber, PageView, Tone } from '../view/shape.ts' */
import { byId, drawRows, make, makePart, partOf, setAttribute, setRich, setText } from './draw.js';

/** The state's sign beside its word: also told apart without colours. @type {Readonly<Record<Tone, string>>} */
const SIGNS = { good: '●', quiet: '○', watch: '▲', bad: '■' };

/** @param {Headline} headline */
export function drawHeadline({ tone, word, sentence, notes, spoken }) {
  setAttribute(byId('headline'), 'data-tone', tone);
  setText(byId('sign'), SIGNS[tone]);
  setText(byId('word'), `${word}:`);
  setRich(byId('sentence'), sentence);
  setText(byId('spoken'), spoken);
  drawRows(
    byId('notes'),
    notes,
    (note) => note,
    () => make('li', ''),
    (row, note) => setRich(row, note),
  );
  document.title = `${SIGNS[tone]} ${word} – Coupon push notifier`;
}

/** @param {PageView['told']} told */
export function drawTold({ by, pods, at }) {
  setText(byId('told'), `${pods}, told by ${by} at ${at}`);
}

/** @param {readonly KeyNumber[]} numbers */
export function drawNumbers(numbers) {
  drawRows(
    byId('numbers'),
    numbers,
    // What is counted changes its name, not its place.
    ({ name }) => name,
    () =>
      make(
        'div',
        '',
        makePart('dt', 'name'),
        make('dd', '', makePart('b', 'value'), makePart('span', 'unit')),
      ),
    (row, { name, value, unit, tone }) => {
      setAttribute(row, 'data-tone', tone);
      setText(partOf(row, 'name'), name);
      setText(partOf(row, 'value'), value);
      setText(partOf(row, 'unit'), unit === '' ? '' : ` ${unit}`);
    },
  );
}

/** @param {FunnelView} funnel */
export function drawFunnel({ since, steps, reasons, none, deliveries }) {
  setText(byId('since'), since);
  drawBars(byId('steps'), steps);
  drawBars(byId('reasons'), reasons);
  drawBars(byId('deliveries'), deliveries);
  byId('ends-title').hidden = deliveries.length === 0;
  byId('reasons-title').hidden = reasons.length === 0;
  setRich(byId('none'), none.length === 0 ? '' : `None: ${none.map((name) => `\`${name}\``).join(', ')}`);
}

/**
 * @param {Element} parent
 * @param {readonly FunnelRow[]} rows
 */
function drawBars(parent, rows) {
  drawRows(
    parent,
    rows,
    ({ name }) => name,
    () =>
      make(
        'li',
        '',
        makePart('span', 'name', 'name'),
        makePart('b', 'count', 'number'),
        makePart('span', 'share', 'number'),
        makePart('span', 'rate', 'number'),
        make('span', 'bar', makePart('i', 'bar')),
        makePart('span', 'meaning', 'meaning'),
      ),
    (row, { name, count, value, share, rate, part, meaning }) => {
      setText(partOf(row, 'name'), name);
      setText(partOf(row, 'count'), count);
      setAttribute(partOf(row, 'count'), 'data-value', String(value));
      setText(partOf(row, 'share'), share);
      setText(partOf(row, 'rate'), `${rate}/s`);
      setRich(partOf(row, 'meaning'), meaning);
      const bar = /** @type {HTMLElement} */ (partOf(row, 'bar'));
      bar.style.width = `${(100 * part).toFixed(1)}%`;
    },
  );
}
