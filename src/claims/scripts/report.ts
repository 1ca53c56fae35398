/**
 * Marks a decided push as published, and says whether this reporter was the first: whoever is counts it. Repeated
 * after a lost reply the first stays the first. Where the record is gone there is nobody else to count it. Once it is
 * marked, nobody needs the text any more: the record and its entry in the history are made short.
 * ARGV after the clock: reporter, `short` where they may be, the event's id where the record's key does not say it.
 */
import { CLOCK, type Script } from '../../redis/script.ts';
import { RECORD } from './record.ts';
import { SHORTEN } from './short-form.ts';

export const reportScript: Script = {
  name: 'report',
  keys: 2,
  lua: `${CLOCK}${RECORD}${SHORTEN}
if not state then return {'first'} end
local first = redis.call('HGET', KEYS[1], 'c')
if first and first ~= ARGV[2] then return {'repeated'} end
redis.call('HSET', KEYS[1], 'c', ARGV[2])
if ARGV[3] == 'short' and is_final() and type(envelope) == 'string' and member then
  shorten(state, envelope, ms(counts_from(state, ended)), ms(attempt), member, ARGV[2], ARGV[4])
end
return {'first'}
`,
};
