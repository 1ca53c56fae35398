/** What is looked up: waits, partners, rules, dead letters, partitions, pods. */
/** @import { DeadLetterRow, Fact, PartitionsView, PodRow, WaitingRow } from '../view/shape.ts' */
import { byId, drawRows, make, makePart, partOf, setAttribute, setRich, setText } from './draw.js';

/** Beside a colour: what is not as it should be has a sign, and says so to who hears it. */
const SIGNS = { good: '', quiet: '', watch: '▲ ', bad: '■ ' };

/** @param {readonly WaitingRow[]} rows */
export function drawWaiting(rows) {
  byId('waits').hidden = rows.length === 0;
  drawRows(
    byId('waiting'),
    rows,
    (row) => row.for,
    () =>
      make(
        'li',
        '',
        makePart('span', 'name', 'name'),
        makePart('b', 'events'),
        makePart('span', 'oldest', 'muted'),
      ),
    (row, waits) => {
      setText(partOf(row, 'name'), waits.for);
      setText(partOf(row, 'events'), waits.events);
      setText(partOf(row, 'oldest'), `the oldest for ${waits.oldest}`);
    },
  );
}

/** @param {readonly DeadLetterRow[]} rows */
export function drawLetters(rows) {
  drawRows(
    byId('letters'),
    rows.length === 0 ? [{ reason: 'None in the last hour.', count: '', newest: '', meaning: '' }] : rows,
    ({ reason }) => reason,
    () =>
      make(
        'li',
        '',
        makePart('span', 'name', 'name'),
        makePart('b', 'count', 'number'),
        makePart('span', 'newest', 'muted'),
        makePart('span', 'meaning', 'meaning'),
      ),
    (row, { reason, count, newest, meaning }) => {
      setText(partOf(row, 'name'), reason);
      setText(partOf(row, 'count'), count);
      setText(partOf(row, 'newest'), newest);
      setRich(partOf(row, 'meaning'), meaning);
    },
  );
}

/**
 * @param {string} id
 * @param {readonly Fact[]} facts
 */
export function drawFacts(id, facts) {
  drawRows(
    byId(id),
    facts,
    ({ name, detail, value }) => (name === 'Rules' ? `${name} ${value} ${detail}` : name),
    () =>
      make(
        'div',
        '',
        makePart('dt', 'name'),
        make('dd', '', makePart('b', 'value'), makePart('span', 'detail', 'muted')),
      ),
    (row, { name, value, detail, tone }) => {
      setAttribute(row, 'data-tone', tone);
      setText(partOf(row, 'name'), name);
      setText(partOf(row, 'value'), `${SIGNS[tone]}${value}`);
      setRich(partOf(row, 'detail'), detail);
    },
  );
}

/** @param {PartitionsView} partitions */
export function drawPartitions({ rows, more, summary }) {
  setText(byId('partitions-summary'), summary);
  setText(byId('partitions-more'), more);
  drawRows(
    byId('partitions'),
    rows,
    ({ name }) => name,
    () =>
      make(
        'tr',
        '',
        rowHeader('name'),
        makePart('td', 'lag', 'number'),
        makePart('td', 'behind', 'number'),
        makePart('td', 'gone'),
      ),
    (row, { name, lag, behind, gone, fault, tone }) => {
      setAttribute(row, 'data-tone', tone);
      setText(partOf(row, 'name'), `${SIGNS[tone]}${name}`);
      setText(partOf(row, 'lag'), lag);
      setText(partOf(row, 'behind'), behind);
      setText(partOf(row, 'gone'), fault === '' ? gone : fault);
    },
  );
}

const POD_COLUMNS = /** @type {const} */ ([
  ['rate', 'number'],
  ['behind', 'number'],
  ['received', 'number wide'],
  ['inFlight', 'number wide'],
  ['partitions', 'wide'],
  ['rules', 'wide'],
  ['version', 'wide'],
  ['up', 'number wide'],
  ['seen', 'number wide'],
]);

/** @param {readonly PodRow[]} rows */
export function drawPods(rows) {
  drawRows(
    byId('pods'),
    rows,
    ({ pod }) => pod,
    () =>
      make(
        'tr',
        '',
        rowHeader('pod', makePart('small', 'about', 'narrow')),
        make('td', 'state', makePart('span', 'state'), makePart('small', 'why')),
        ...POD_COLUMNS.map(([part, className]) => makePart('td', part, className)),
      ),
    (row, pod) => {
      setAttribute(row, 'data-tone', pod.tone);
      setText(partOf(row, 'pod'), pod.isOwn ? `${pod.pod} (this one)` : pod.pod);
      setText(
        partOf(row, 'about'),
        `partitions ${pod.partitions}; rules ${pod.rules}; version ${pod.version}`,
      );
      setText(partOf(row, 'state'), `${SIGNS[pod.tone]}${pod.state}`);
      setText(partOf(row, 'why'), pod.why);
      for (const [part] of POD_COLUMNS) setText(partOf(row, part), pod[part]);
    },
  );
}

/**
 * @param {string} part
 * @param {...Node} more
 */
function rowHeader(part, ...more) {
  const header = make('th', '', makePart('span', part), ...more);
  header.scope = 'row';
  return header;
}
