/**
 * The page's files, as they are in the source: no build makes them. They are read and packed when somebody asks for the
 * first time, and kept. The list is closed: no path of a request reaches the file system.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const TYPES = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
} as const;

const require = createRequire(import.meta.url);
const browser = (name: string): URL => new URL(`browser/${name}`, import.meta.url);
const uplot = (name: string) => (): string => require.resolve(`uplot/dist/${name}`);

/** Route, and where its file is. */
const FILES = {
  '/': browser('index.html'),
  '/page/page.css': browser('page.css'),
  '/page/icon.svg': browser('icon.svg'),
  '/page/main.js': browser('main.js'),
  '/page/draw.js': browser('draw.js'),
  '/page/overview.js': browser('overview.js'),
  '/page/lists.js': browser('lists.js'),
  '/page/charts.js': browser('charts.js'),
  '/page/stream.js': browser('stream.js'),
  '/page/uplot.js': uplot('uPlot.iife.min.js'),
  '/page/uplot.css': uplot('uPlot.min.css'),
} as const;

export const ASSET_PATHS = Object.keys(FILES) as (keyof typeof FILES)[];

export interface Asset {
  readonly type: string;
  readonly etag: string;
  readonly plain: Buffer;
  readonly packed: Readonly<Record<'br' | 'gzip', Buffer>>;
}

/** @returns a function that rejects where the file can't be read, and then reads it anew at the next call. */
export function createAssets(): (path: keyof typeof FILES) => Promise<Asset> {
  const known = new Map<string, Promise<Asset>>();
  return (path) => {
    let asset = known.get(path);
    if (asset === undefined) {
      asset = load(FILES[path]);
      known.set(path, asset);
      asset.catch(() => known.delete(path));
    }
    return asset;
  };
}

/** A package is looked for when it is asked for: a pod without it starts, and its page lacks the charts. */
async function load(place: URL | (() => string)): Promise<Asset> {
  const file = typeof place === 'function' ? place() : fileURLToPath(place);
  const plain = await readFile(file);
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };
  const [br, zipped] = await Promise.all([
    promisify(brotliCompress)(plain, quality),
    promisify(gzip)(plain, { level: 9 }),
  ]);
  const ending = file.slice(file.lastIndexOf('.') + 1) as keyof typeof TYPES;
  const etag = `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`;
  return { type: TYPES[ending], etag, plain, packed: { br, gzip: zipped } };
}
