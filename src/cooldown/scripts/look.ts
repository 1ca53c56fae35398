/** Whether the push still waits to be sent: claimed or left in sending, and not expired. Reads only. */
import { CLOCK, type Script } from './script.ts';

export const lookScript: Script = {
  name: 'look',
  keys: 2,
  lua: `${CLOCK}
local f = redis.call('HMGET', KEYS[1], 's', 'x')
if (f[1] == 'claimed' or f[1] == 'sending') and now < tonumber(f[2]) then return {'waiting'} end
return {'over'}
`,
};
