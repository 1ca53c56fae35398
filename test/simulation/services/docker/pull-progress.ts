/**
 * How far a pull is, from the lines that the engine streams: layers done, bytes fetched, and whether anything moves.
 *
 * Only bytes and finished layers count as moving: an engine that counts down to its next try ("Retrying in 5
 * seconds") or waits for its turn writes lines, too, and gets nowhere.
 */
import { z } from 'zod';

const lineSchema = z.object({
  id: z.string().optional(),
  status: z.string().optional(),
  progressDetail: z.object({ current: z.number().optional(), total: z.number().optional() }).nullish(),
  error: z.string().optional(),
  errorDetail: z.object({ message: z.string().optional() }).nullish(),
});

export interface PullProgress {
  /** Takes one line as the engine wrote it. @returns whether the pull came further by it. */
  take(line: string): boolean;
  /** The engine's words, where it gave up. */
  error(): string | undefined;
  /** For a person: `3 of 8 layers, 12.4 of 41.0 MB`. */
  describe(): string;
}

interface Layer {
  fetched: number;
  unpacked: number;
  total: number | undefined;
  isDone: boolean;
}

const DONE = /^(Pull complete|Already exists)/i;
const FETCHED = /^(Download complete|Verifying Checksum)/i;
const A_LAYER =
  /^(Pulling fs layer|Waiting|Downloading|Retrying|Extracting|Download complete|Verifying|Pull complete|Already exists)/i;
const MEGABYTE = 1_000_000;

export const createPullProgress = (): PullProgress => {
  const layers = new Map<string, Layer>();
  let error: string | undefined;

  const take = (line: string): boolean => {
    const parsed = lineSchema.safeParse(parseJson(line));
    if (!parsed.success) return false;
    const { id, status = '', progressDetail, error: fault, errorDetail } = parsed.data;
    if (fault !== undefined || errorDetail?.message !== undefined) {
      error = errorDetail?.message ?? fault;
      return false;
    }
    if (id === undefined || !A_LAYER.test(status)) return false;
    let layer = layers.get(id);
    const isNew = layer === undefined;
    layer ??= { fetched: 0, unpacked: 0, total: undefined, isDone: false };
    layers.set(id, layer);
    const before = { ...layer };
    const current = progressDetail?.current ?? 0;
    if (/^Downloading/i.test(status)) {
      layer.total = progressDetail?.total ?? layer.total;
      layer.fetched = Math.max(layer.fetched, current);
    } else if (/^Extracting/i.test(status)) layer.unpacked = Math.max(layer.unpacked, current);
    else if (FETCHED.test(status)) layer.fetched = layer.total ?? layer.fetched;
    else if (DONE.test(status)) {
      layer.fetched = layer.total ?? layer.fetched;
      layer.isDone = true;
    }
    return (
      isNew ||
      layer.fetched > before.fetched ||
      layer.unpacked > before.unpacked ||
      layer.isDone !== before.isDone
    );
  };

  return {
    take,
    error: () => error,
    describe() {
      const all = [...layers.values()];
      if (all.length === 0) return 'waiting for the registry';
      const fetched = all.reduce((sum, layer) => sum + layer.fetched, 0) / MEGABYTE;
      const total = all.reduce((sum, layer) => sum + (layer.total ?? layer.fetched), 0) / MEGABYTE;
      const done = all.filter(({ isDone }) => isDone).length;
      const of = total > fetched ? ` of ${total.toFixed(1)}` : '';
      return `${String(done)} of ${String(all.length)} layers, ${fetched.toFixed(1)}${of} MB`;
    },
  };
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
