/**
 * Who may know whom. Data flows from the adapters' rooms through pure rooms; a room that knows only what this file
 * lists can be read, tested and replaced alone, and a driver that lives in one room can be changed there. The
 * tables below are the whole design; the code under them only turns each line into a rule.
 * `test/unit/tool-chain/direction-rules.test.ts` plants a violation of each kind and sees it found.
 */

const PORTS = 'src/pipeline/ports\\.ts$';

/** What each room may import of ours beside its own files and `runtime/`, which every room may know. */
const rooms = {
  runtime: [],
  domain: [],
  pipeline: ['src/domain/'],
  stream: ['src/domain/'],
  kafka: ['src/domain/', PORTS, 'src/stream/'],
  partners: ['src/domain/', PORTS],
  documents: ['src/domain/', PORTS],
  rules: ['src/domain/', PORTS],
  replay: ['src/domain/', 'src/pipeline/', 'src/rules/'],
  redis: ['src/domain/', PORTS],
  claims: ['src/domain/', PORTS, 'src/redis/'],
  push: ['src/domain/', PORTS, 'src/redis/'],
  telemetry: ['src/domain/', PORTS],
  ops: ['src/domain/', PORTS],
};
/** The registry of pods and what they note for each other are in Redis; what else is in ops reads what it is handed. */
const REDIS_FROM_OPS = 'src/ops/(pods|pod-notes)\\.ts$';

/**
 * Sub-rooms, by which way their parts may know each other: what stands further down is known by what stands above. Those
 * of one floor, in brackets, don't know each other.
 *
 * @type {Record<string, readonly (string | readonly string[])[]>}
 */
const floors = {
  kafka: ['group', 'fetch', 'commit', 'offsets', 'producers', 'codecs', 'client'],
  stream: ['partition', 'pace', 'buffer', 'execute', 'decode'],
  partners: [['coupon', 'push'], 'auth', ['http', 'limit']],
};

/** The packages that a pure room may use, and that it reaches nothing outside the process. */
const pureRooms = {
  domain: ['zod'],
  pipeline: ['zod'],
  stream: [],
  rules: ['zod', 'yaml', '@marcbachmann/cel-js', 're2js'],
  replay: ['zod'],
};
const OUTSIDE =
  '^(node:)?(fs|net|tls|dns|dgram|http|https|http2|child_process|cluster|worker_threads|os|perf_hooks|process|timers)(/|$)';

/** A driver package, and the only places of the source that know it. */
const drivers = {
  kafkajs: ['src/kafka/'],
  'aws-msk-iam-sasl-signer-js': ['src/kafka/client/'],
  'lz4-napi': ['src/kafka/codecs/'],
  snappy: ['src/kafka/codecs/'],
  bullmq: ['src/push/'],
  '@bull-board': ['src/ops/'],
  ioredis: ['src/redis/', 'src/push/', REDIS_FROM_OPS],
  '@aws-sdk': ['src/documents/'],
  got: ['src/partners/'],
  undici: ['src/partners/'],
  'datadog-metrics': ['src/telemetry/'],
  pino: ['src/telemetry/'],
  '@opentelemetry': ['src/telemetry/traces/'],
  fastify: ['src/ops/'],
  '@marcbachmann/cel-js': ['src/rules/'],
  re2js: ['src/rules/'],
  yaml: ['src/rules/', 'src/cli/'],
  commander: ['src/cli/'],
};

/** @typedef {import('dependency-cruiser').IForbiddenRuleType} Rule */

/** @param {string} name */
const packagePath = (name) => `(^|/)node_modules/${name.replaceAll('.', '\\.')}/`;

/** @type {Rule[]} */
const roomRules = Object.entries(rooms).map(([room, allowed]) => ({
  name: `room-${room}`,
  comment: `${room}/ knows of ours: its own files, runtime/${allowed.map((path) => `, ${path}`).join('')}.`,
  severity: 'error',
  from: { path: `^src/${room}/`, ...(room === 'ops' && { pathNot: `^${REDIS_FROM_OPS}` }) },
  to: {
    path: '^(src|test)/',
    pathNot: [`src/${room}/`, 'src/runtime/', ...allowed].map((path) => `^${path}`),
  },
}));

/** @type {Rule[]} */
const floorRules = Object.entries(floors).flatMap(([room, storeys]) =>
  storeys.flatMap((names, at) =>
    // Alone at the top: there is nothing above it or beside it.
    at === 0 && typeof names === 'string'
      ? []
      : [names].flat().map((name) => ({
          name: `floor-${room}-${name}`,
          comment: `${room}/${name} does not know what stands above it or beside it.`,
          severity: 'error',
          from: { path: `^src/${room}/${name}/` },
          to: {
            path: `^src/${room}/`,
            pathNot: [
              ...[name, ...storeys.slice(at + 1).flat()].map((known) => `^src/${room}/${known}/`),
              `^src/${room}/meter\\.ts$`,
            ],
          },
        })),
  ),
);

/** @type {Rule[]} */
const pureRoomRules = Object.entries(pureRooms).flatMap(([room, packages]) => [
  {
    name: `pure-${room}-packages`,
    comment: `${room}/ is pure: of packages it knows ${packages.join(', ') || 'none'}.`,
    severity: 'error',
    from: { path: `^src/${room}/` },
    to: { path: '(^|/)node_modules/', pathNot: packages.map(packagePath) },
  },
  {
    name: `pure-${room}-inside`,
    comment: `${room}/ is pure: it reaches nothing outside the process.`,
    severity: 'error',
    from: { path: `^src/${room}/` },
    to: { path: OUTSIDE },
  },
]);

/** @type {Rule[]} */
const driverRules = Object.entries(drivers).map(([name, homes]) => ({
  name: `driver-${name.replaceAll(/[^a-z0-9]+/g, '-').replace(/^-/, '')}`,
  comment: `Only ${homes.join(', ')} know ${name}.`,
  severity: 'error',
  from: { path: '^src/', pathNot: homes.map((path) => `^${path}`) },
  to: { path: packagePath(name) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Files that need each other are one file, or share a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'only-roots-know-config-and-compose',
      comment: 'Rooms are handed what they need; only main, compose and the commands wire things.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: '^src/(main\\.ts$|(compose|config|cli)/)',
      },
      to: { path: '^src/(compose|config)/' },
    },
    {
      name: 'config-stands-alone',
      comment: 'The environment is read before anything is built: config knows the domain only.',
      severity: 'error',
      from: { path: '^src/config/' },
      to: { path: '^src/', pathNot: '^src/(config|domain|runtime)/' },
    },
    {
      name: 'nobody-imports-an-entry',
      comment: 'main.ts and the commands run; nothing of ours builds on them.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^src/(main\\.ts$|cli/)' },
    },
    {
      name: 'only-commands-replay',
      comment: 'A pod decides events; only a command asks what would have become of one.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli|replay)/' },
      to: { path: '^src/replay/' },
    },
    {
      name: 'source-without-tests',
      comment: 'Tests and the simulation know the source, never the other way round.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^test/' },
    },
    {
      name: 'no-dev-package-at-start',
      comment:
        'The images have no dev dependencies: one may be imported as a type, or late (`await import`).',
      severity: 'error',
      from: { path: '^(src|test/simulation/(partners|player|city))/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], dynamic: false },
    },
    {
      name: 'resolvable',
      comment: 'Every import exists and its package is in package.json.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'declared-package',
      comment: 'A package that only another package brought along can vanish with it.',
      severity: 'error',
      from: { path: '^(src|test)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    ...roomRules,
    ...floorRules,
    ...pureRoomRules,
    ...driverRules,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    moduleSystems: ['es6'],
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js'],
    },
    cache: false,
  },
};
