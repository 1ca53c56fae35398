/**
 * sending(attempt) → claimed, after an attempt that surely sent nothing. Its place stays; its token is spent.
 * ARGV after the clock: attempt. Answers done(time left).
 */
import { CLOCK, type Script } from '../../redis/script.ts';
import { RECORD } from './record.ts';

export const retreatScript: Script = {
  name: 'retreat',
  keys: 2,
  lua: `${CLOCK}${RECORD}
if not state then return {'absent'} end
if is_final() then return settled() end
if attempt ~= tonumber(ARGV[2]) then return {'held', attempt} end
if state == 'sending' then redis.call('HSET', KEYS[1], 's', 'claimed') end
return {'done', ms(expires - now)}
`,
};
