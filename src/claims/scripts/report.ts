/**
 * Marks a decided push as published, and says whether this reporter was the first: whoever is counts it. Repeated
 * after a lost reply the first stays the first. Where the record is gone there is nobody else to count it.
 * ARGV after the clock: reporter.
 */
import { CLOCK, type Script } from '../../redis/script.ts';

export const reportScript: Script = {
  name: 'report',
  keys: 2,
  lua: `${CLOCK}
local f = redis.call('HMGET', KEYS[1], 's', 'c')
if not f[1] then return {'first'} end
if f[2] and f[2] ~= ARGV[2] then return {'repeated'} end
redis.call('HSET', KEYS[1], 'c', ARGV[2])
return {'first'}
`,
};
