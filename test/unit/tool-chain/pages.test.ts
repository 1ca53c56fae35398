/**
 * The pages say what is there: every link leads somewhere, every file, variable, command, endpoint and metric that they
 * name exists, and what a person may use is named. Each check is shown to find what it is for.
 */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import directions from '../../../.dependency-cruiser.js';
import { VARIABLES } from '../../../src/config/variables.ts';
import { METRICS } from '../../../src/telemetry/metric-table.ts';
import { metricsWithTags } from '../../tools/metrics-table.ts';
import {
  anchorsOf,
  brokenLinks,
  codeOf,
  readCode,
  readPages,
  sectionOf,
  unknownCommands,
  unknownFiles,
  unknownVariables,
  unnamedScripts,
  type Texts,
} from '../../tools/pages.ts';

const pages = await readPages();
const code = await readCode();

const textOf = (texts: Texts, path: string): string => {
  const text = texts.get(path);
  if (text === undefined) throw new Error(`${path} is not there`);
  return text;
};
const readme = textOf(pages, 'README.md');
const operations = textOf(pages, 'deploy/README.md');
const runbook = textOf(pages, 'deploy/RUNBOOK.md');

/** Not ours: Node's, Docker's, Datadog's, the shell's, and words of Kafka and Redis that the pages quote. */
const OTHERS = [
  ...['NODE_EXTRA_CA_CERTS', 'DOCKER_HOST', 'USER_ID'],
  ...['DD_API_KEY', 'DD_APP_KEY', 'DD_SITE'],
];
/** A secret's other name, which is made of its own. */
const SECRET_FILES = Object.entries(VARIABLES).flatMap(([name, { isSecret }]) =>
  isSecret ? [`${name}_FILE`] : [],
);
/** Set by one of our processes for another: nothing that a person sets. */
const BETWEEN_PROCESSES = /^(CHAOS_|HAZARD_|TEST_SUMMARY_|RYUK_|TESTCONTAINERS_)/;
/** Of the machine and of Docker, read as everybody reads them. */
const THE_MACHINES = /^(PATH|HOME|JAVA_HOME|XDG_\w+|DOCKER_\w+|AWS_\w+|REDIS_URL|KAFKA_BROKERS)$/;

const directionRules = z
  .object({
    forbidden: z.array(
      z.object({
        name: z.string(),
        to: z.object({ pathNot: z.union([z.string(), z.array(z.string())]).optional() }),
      }),
    ),
  })
  .parse(directions);
const namesIn = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);

const page = (text: string): Texts => new Map([['page.md', text]]);

describe('README.md', () => {
  it('stays one page: under 22 KB', () => {
    expect(Buffer.byteLength(readme)).toBeLessThan(22 * 1024);
  });

  it('leads to every other page', () => {
    const others = [...pages.keys()].filter((path) => path !== 'README.md');
    expect(others.length).toBeGreaterThan(5);
    expect(others.filter((path) => !readme.includes(`](${path})`))).toEqual([]);
  });
});

describe('links', () => {
  it('lead to files and headings that are there', () => {
    expect(brokenLinks(pages, code.paths)).toEqual([]);
  });

  it('are found where they lead nowhere', () => {
    const links = '[a](nowhere.md) [b](#here) [c](README.md#x) [d](https://x.example/#y)\n\n## There';
    const broken = brokenLinks(new Map([...page(links), ['README.md', '# y']]), new Set());
    expect(broken).toEqual(['page.md: nowhere.md', 'page.md: #here', 'page.md: README.md#x']);
    expect([...anchorsOf('# The `a` room: [b](c), d\n## x\n## x')]).toEqual(['the-a-room-b-d', 'x', 'x-1']);
  });
});

describe('names', () => {
  it('of files are those of files', () => {
    expect(unknownFiles(pages, code.paths)).toEqual([]);
    expect(unknownFiles(page('`src/gone.ts`, `test/`, `gone.ts`, `main.ts`'), code.paths)).toEqual([
      'page.md: src/gone.ts',
      'page.md: gone.ts',
    ]);
  });

  it('of variables are read somewhere', () => {
    expect(unknownVariables(pages, code, [...OTHERS, ...SECRET_FILES])).toEqual([]);
    expect(unknownVariables(page('`KAFKA_BROKER`\n\n```\nPORTS=1\n```\n'), code, OTHERS)).toEqual([
      'page.md: PORTS',
      'page.md: KAFKA_BROKER',
    ]);
  });

  it('of commands are scripts, with the subcommands and options that they have', () => {
    expect(unknownCommands(pages, code)).toEqual([]);
    const wrong = page(
      '`npm run gone`, `npm run demo -- --evens 1 --pods 2`, `npx coupon-notifier rules chek FILE`',
    );
    expect(unknownCommands(wrong, code)).toEqual([
      'page.md: npm run gone',
      'page.md: npm run demo -- evens',
      'page.md: npm run rules -- chek',
    ]);
  });

  it('of endpoints are routes', () => {
    const served = [...code.texts]
      .filter(([path]) => path.startsWith('src/ops/') || path === 'test/simulation/partners/control.ts')
      .map(([, text]) => text)
      .join('\n');
    // Paths under `/v1` are the partners'.
    const named = [...pages.values()]
      .flatMap(codeOf)
      .flatMap((one) => one.match(/\bGET \/(?!v1\/)[a-z]*/g) ?? []);
    expect(named.length).toBeGreaterThan(4);
    const isServed = (name: string): boolean =>
      served.includes(`'${name}'`) || served.includes(`'${name.slice('GET '.length)}'`);
    expect(named.filter((name) => !isServed(name))).toEqual([]);
    expect(isServed('GET /gone')).toBe(false);
  });

  it('in the runbook are fields of /status, or metrics', () => {
    const status = ['src/ops/status.ts', 'src/ops/pods.ts', 'src/domain/partition-status.ts']
      .map((path) => textOf(code.texts, path))
      .join('\n');
    const isKnown = (name: string): boolean =>
      name in METRICS || new RegExp(`\\b${name.slice(name.lastIndexOf('.') + 1)}\\??:`).test(status);
    const named = codeOf(runbook).filter((one) => /^[a-z]\w*(\[\])?\.\w+$/.test(one));
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !isKnown(name))).toEqual([]);
    expect(isKnown('partitions[].gone')).toBe(false);
  });
});

describe('the rooms', () => {
  /** Of each room that a rule is about, what it may know beside its own files and `runtime/`. */
  const allowed = new Map(
    directionRules.forbidden.flatMap(({ name, to: { pathNot = [] } }) => {
      const room = /^room-(.*)$/.exec(name)?.[1];
      const known = [pathNot].flat().map((path) => path.replace(/^\^src\/|\/$|\$$|\\/g, ''));
      return room === undefined ? [] : [[room, known.filter((one) => one !== room && one !== 'runtime')]];
    }),
  );
  const rows = sectionOf(textOf(pages, 'src/README.md'), 'Rooms').matchAll(
    /^\| `([\w.]+)\/?` +\|[^|]*\|([^|;]*)/gm,
  );
  const shown = new Map([...rows].map(([, room = '', knows = '']) => [room, namesIn(knows)]));

  it('are the folders of the source', () => {
    const folders = [...code.paths].flatMap((path) => /^src\/([\w-]+|main\.ts)$/.exec(path)?.[1] ?? []);
    expect(folders).toContain('runtime');
    expect([...shown.keys()].toSorted()).toEqual(folders.toSorted());
  });

  it('know what the rules of direction let them know', () => {
    expect(allowed.get('claims')).toEqual(['domain', 'pipeline/ports.ts', 'redis']);
    for (const [room, names] of allowed) expect(shown.get(room), room).toEqual(names);
  });
});

describe('what a person may use is named', () => {
  it('variables of a pod, and of the commands', () => {
    const said = [...pages.values()].join('\n');
    const read = [...code.texts]
      .filter(([path]) => /^test\/(tools|scenarios|simulation\/(?!player|partners))/.test(path))
      .flatMap(([, text]) => [...text.matchAll(/\benv(?:ironment)?\['([A-Z0-9_]+)'\]/g)])
      .map(([, name = '']) => name)
      .filter((name) => !BETWEEN_PROCESSES.test(name) && !THE_MACHINES.test(name));
    const all = new Set([...Object.keys(VARIABLES), ...read, 'SERVICE_ORIGINS']);
    expect(all).toContain('PROPERTY_SEED');
    expect([...all].filter((name) => !new RegExp(`\\b${name}\\b`).test(said))).toEqual([]);
  });

  it('every npm script', () => {
    expect(unnamedScripts(pages, code)).toEqual([]);
    expect(unnamedScripts(page('`npm run docs`'), code)).toContain('docs:check');
  });

  it('every route of a pod, on the first page', () => {
    const server = textOf(code.texts, 'src/ops/server.ts');
    const routes = [...server.matchAll(/\bapp\.get\('(\/[^']*)'/g)].map(([, route = '']) => `GET ${route}`);
    expect(routes).toContain('GET /ready');
    expect(routes.filter((route) => !codeOf(readme).includes(route))).toEqual([]);
  });

  it('every metric with its tags', () => {
    const rows = sectionOf(operations, 'Metrics').matchAll(/^\| `([^`]+)` +\|/gm);
    const shown = new Set([...rows].map(([, name]) => name));
    expect(metricsWithTags()).toContain('lag{topic,partition}');
    expect(metricsWithTags().filter((metric) => !shown.has(metric))).toEqual([]);
  });
});
