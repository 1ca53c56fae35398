/** The hour as four small charts, by uPlot. What each says is also said in words, for who can't see it. */
/** @import { PageView } from '../view/shape.ts' */
/** @import uPlot from 'uplot' */
import { byId, drawRows, make, makePart, partOf, setAttribute, setText } from './draw.js';

const HEIGHT = 120;

/** Absent where its script could not be had: the page is as good without. */
const Plot = /** @type {typeof uPlot | undefined} */ (Reflect.get(window, 'uPlot'));
/** @type {Map<Element, uPlot>} */
const plots = new Map();
/** @type {PageView['charts'] | undefined} */
let latest;

/** @param {PageView['charts']} charts */
export function drawCharts(charts) {
  latest = charts;
  const { startSeconds, stepSeconds, lines } = charts;
  const times = lines[0]?.values.map((_, at) => startSeconds + at * stepSeconds) ?? [];
  drawRows(
    byId('charts'),
    lines,
    ({ name }) => name,
    () => {
      const figure = make(
        'figure',
        '',
        make('figcaption', '', makePart('b', 'name'), makePart('span', 'summary', 'muted')),
      );
      figure.append(makePart('div', 'plot', 'plot'));
      return figure;
    },
    (figure, { name, unit, summary, values }) => {
      setText(partOf(figure, 'name'), `${name}, ${unit}`);
      setText(partOf(figure, 'summary'), summary);
      const place = partOf(figure, 'plot');
      setAttribute(place, 'role', 'img');
      setAttribute(place, 'aria-label', `${name} in ${unit}: ${summary}`);
      plot(place, [times, [...values]]);
    },
  );
}

/**
 * @param {Element} place
 * @param {uPlot.AlignedData} data
 */
function plot(place, data) {
  if (Plot === undefined) return;
  const known = plots.get(place);
  if (known !== undefined) {
    known.setData(data);
    return;
  }
  // Its width is known once it stands in the page.
  requestAnimationFrame(() => {
    if (plots.has(place)) return;
    plots.set(place, new Plot(optionsFor(place), data, /** @type {HTMLElement} */ (place)));
  });
}

/**
 * @param {Element} place
 * @returns {uPlot.Options}
 */
function optionsFor(place) {
  const style = getComputedStyle(document.documentElement);
  /** @param {string} name */
  const colour = (name) => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour('--muted'),
    font: `12px ${style.fontFamily}`,
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  };
  return {
    width: place.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
    padding: [8, 18, 0, 0],
    scales: { y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.15 : 1] } },
    axes: [
      { ...axis, space: 70, size: 26, values: (_plot, times) => times.map(clockTime) },
      { ...axis, space: 32, size: 44 },
    ],
    series: [
      {},
      { stroke: colour('--accent'), width: 1.75, fill: colour('--accent-wash'), points: { show: false } },
    ],
  };
}

/** As everywhere on the page: UTC. @param {number} seconds */
function clockTime(seconds) {
  return new Date(seconds * 1000).toISOString().slice(11, 16);
}

/** Colours and widths are read when a chart is made: it is made anew where they change. */
function drawAnew() {
  for (const chart of plots.values()) chart.destroy();
  plots.clear();
  if (latest !== undefined) drawCharts(latest);
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAnew);
let width = window.innerWidth;
window.addEventListener('resize', () => {
  if (window.innerWidth !== width) drawAnew();
  width = window.innerWidth;
});
