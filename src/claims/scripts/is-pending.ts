/**
 * Whether the push still waits to be sent: claimed or left in sending, and not expired. Or whether it has ended and its
 * outcome is published. Reads only. Answers pending | reported | over.
 */
import { CLOCK, type Script } from '../../redis/script.ts';

export const isPendingScript: Script = {
  name: 'isPending',
  keys: 2,
  lua: `${CLOCK}
local f = redis.call('HMGET', KEYS[1], 's', 'x', 'c')
if f[1] == 'claimed' or f[1] == 'sending' then
  return {now < tonumber(f[2]) and 'pending' or 'over'}
end
if f[3] then return {'reported'} end
return {'over'}
`,
};
