/**
 * Who may know whom. Data flows from the adapters' rooms through pure rooms; a room that knows only what this file
 * lists can be read, tested and replaced alone, and a driver that lives in one room can be changed there. The
 * tables below are the whole design; the code under them only turns each line into a rule.
 * `test/unit/tool-chain/direction-rules.test.ts` plants a violation of each kind and sees it found.
 */

const PORTS = 'src/pipeline/ports\\.ts$';
/** How large JSON is walked and cut in turns of the event loop: of records as of partners' answers. */
const LARGE_JSON = 'src/stream/(check-json|cut-array|json-bytes|loop-turns)\\.ts$';

/** How work that is much shares the event loop. */
const LOOP_TURNS = 'src/stream/loop-turns\\.ts$';

/** What each room may import of ours beside its own files. */
const rooms = {
  domain: [],
  pipeline: ['src/domain/', LOOP_TURNS],
  stream: ['src/domain/'],
  kafka: ['src/domain/', PORTS, 'src/stream/'],
  partners: ['src/domain/', PORTS, LARGE_JSON],
  documents: ['src/domain/', PORTS],
  rules: ['src/domain/', PORTS, LOOP_TURNS],
  cooldown: ['src/domain/', PORTS],
  push: ['src/domain/', PORTS],
  telemetry: ['src/domain/', PORTS],
  ops: ['src/domain/', PORTS],
};

/** The packages that a pure room may use, and that it reaches nothing outside the process. */
const pureRooms = {
  domain: ['zod'],
  pipeline: ['zod'],
  stream: [],
  rules: ['zod', 'yaml', '@marcbachmann/cel-js', 're2js'],
};
const OUTSIDE =
  '^(node:)?(fs|net|tls|dns|dgram|http|https|http2|child_process|cluster|worker_threads|os|process|timers)(/|$)';

/** A driver package, and the only places that know it. The simulation plays the other side of each wire. */
const drivers = {
  kafkajs: ['src/kafka/', 'src/simulation/'],
  'lz4-napi': ['src/kafka/', 'src/simulation/'],
  snappy: ['src/kafka/', 'src/simulation/'],
  bullmq: ['src/push/'],
  '@bull-board': ['src/ops/'],
  ioredis: ['src/cooldown/', 'src/push/', 'src/ops/pods', 'src/simulation/'],
  '@aws-sdk': ['src/documents/', 'src/simulation/'],
  got: ['src/partners/'],
  undici: ['src/partners/', 'src/simulation/'],
  cockatiel: ['src/partners/'],
  'datadog-metrics': ['src/telemetry/'],
  pino: ['src/telemetry/'],
  fastify: ['src/ops/', 'src/simulation/'],
  '@marcbachmann/cel-js': ['src/rules/'],
  re2js: ['src/rules/'],
  yaml: ['src/rules/', 'src/cli/', 'src/simulation/'],
  commander: ['src/cli/', 'src/simulation/'],
  testcontainers: ['src/simulation/services/'],
};

/** @typedef {import('dependency-cruiser').IForbiddenRuleType} Rule */

/** @param {string} name */
const packagePath = (name) => `(^|/)node_modules/${name.replaceAll('.', '\\.')}/`;

/** @type {Rule[]} */
const roomRules = Object.entries(rooms).map(([room, allowed]) => ({
  name: `room-${room}`,
  comment: `${room}/ knows of ours: its own files${allowed.map((path) => `, ${path}`).join('')}.`,
  severity: 'error',
  from: { path: `^src/${room}/` },
  to: { path: '^(src|test)/', pathNot: [`src/${room}/`, ...allowed].map((path) => `^${path}`) },
}));

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
      comment:
        'Rooms are handed what they need; only main, compose, the commands and the simulation wire things.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: '^src/((main|compose|config)[^/]*\\.ts$|(compose|config|cli|simulation)/)',
      },
      to: { path: '^src/((compose|config)[^/]*\\.ts$|(compose|config)/)' },
    },
    {
      name: 'config-stands-alone',
      comment: 'The environment is read before anything is built: config knows the domain only.',
      severity: 'error',
      from: { path: '^src/config([^/]*\\.ts$|/)' },
      to: { path: '^src/', pathNot: '^src/(config[^/]*\\.ts$|config/|domain/)' },
    },
    {
      name: 'nobody-imports-an-entry',
      comment: 'main.ts and the commands run; nothing of ours builds on them.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli|simulation)/' },
      to: { path: '^src/(main\\.ts$|cli/)' },
    },
    {
      name: 'production-without-simulation',
      comment: 'What stands in for partners and services never runs in production.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/simulation/' },
      to: { path: '^src/simulation/' },
    },
    {
      name: 'source-without-tests',
      comment: 'Tests know the source, never the other way round.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^test/' },
    },
    {
      name: 'no-dev-package-at-start',
      comment: 'The image has no dev dependencies: one may be imported as a type, or late (`await import`).',
      severity: 'error',
      from: { path: '^src/' },
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
