/**
 * The event's own record, else whether a `per: user` cap is full. Reads only.
 * ARGV after the clock: max, window of each `per: user` cap. Answers known(state, ticket, expires) | full | room.
 */
import { CLOCK, type Script } from './script.ts';

export const recallScript: Script = {
  name: 'recall',
  keys: 2,
  lua: `${CLOCK}
local f = redis.call('HMGET', KEYS[1], 's', 'p', 'x')
if f[1] then return {'known', f[1], f[2], f[3]} end
for i = 2, #ARGV, 2 do
  local since = '(' .. ms(now - tonumber(ARGV[i + 1]))
  if redis.call('ZCOUNT', KEYS[2], since, '+inf') >= tonumber(ARGV[i]) then return {'full'} end
end
return {'room'}
`,
};
