/**
 * What pods note in Redis for each other: one text a name, of a kind. A text is forgotten when it has not been noted
 * for the kind's time, by Redis's clock, so pods that died take nothing for good. Bounded in texts and in bytes.
 */
import type { Cluster, Redis } from 'ioredis';
import { CLOCK, scriptOn, type Script } from '../redis/script.ts';

/** Beyond it those are forgotten that were noted longest ago. */
const MOST_TEXTS = 200;
const LARGEST_BYTES = 128 * 1024;

export interface Note {
  readonly by: string;
  readonly text: string;
  /** Since it was noted, by Redis's clock. */
  readonly ageMs: number;
}

export interface PodNotes {
  /**
   * Replaces what was noted under this name. @throws UnavailableError where Redis is away, RangeError where the text is too large,
   * a defect of ours as it is.
   */
  write(by: string, text: string): Promise<void>;
  /** The same, and answers with all that are noted now, the own one included. */
  exchange(by: string, text: string): Promise<readonly Note[]>;
}

/** ARGV after the clock: ms that a text is kept, most texts, the name, its text, `1` to be answered with all. */
const noteScript: Script = {
  name: 'note',
  keys: 2,
  lua: `${CLOCK}
local keep = tonumber(ARGV[2])
redis.call('ZADD', KEYS[1], ms(now), ARGV[4])
redis.call('HSET', KEYS[2], ARGV[4], ARGV[5])
redis.call('PEXPIRE', KEYS[1], keep)
redis.call('PEXPIRE', KEYS[2], keep)
local over = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ms(now - keep))
local most = redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[3])
if most > #over then over = redis.call('ZRANGE', KEYS[1], 0, most - 1) end
for _, pod in ipairs(over) do
  redis.call('ZREM', KEYS[1], pod)
  redis.call('HDEL', KEYS[2], pod)
end
local answer = {}
if ARGV[6] == '1' then
  local noted = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
  for i = 1, #noted, 2 do
    answer[#answer + 1] = { noted[i], redis.call('HGET', KEYS[2], noted[i]) or '', ms(now - tonumber(noted[i + 1])) }
  end
end
return answer
`,
};

/** @param keepMs how long a text is kept after it was noted. */
export function createPodNotes(
  redis: Redis | Cluster,
  options: { readonly prefix: string; readonly kind: string; readonly keepMs: number },
): PodNotes {
  const { prefix, kind, keepMs } = options;
  const keys = [`${prefix}:{pods}:${kind}:at`, `${prefix}:{pods}:${kind}`];
  const run = scriptOn(redis, noteScript);
  const note = async (by: string, text: string, wantsAll: 0 | 1): Promise<unknown[]> => {
    if (Buffer.byteLength(text) > LARGEST_BYTES) throw new RangeError(`a note of ${kind} is too large`);
    return run(keys, [keepMs, MOST_TEXTS, by, text, wantsAll]);
  };
  return {
    write: async (by, text) => {
      await note(by, text, 0);
    },
    exchange: async (by, text) =>
      (await note(by, text, 1)).map((row) => {
        const [name = '', noted = '', ageMs = '0'] = row as string[];
        return { by: name, text: noted, ageMs: Number(ageMs) };
      }),
  };
}
