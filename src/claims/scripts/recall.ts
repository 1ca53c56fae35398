/**
 * Each event's own record, else whether a `per: user` cap is full. Reads only. KEYS: record and history of each.
 * ARGV after the clock: max, window and index of each `per: user` cap. Answers how many it looked at and its clock, then
 * of those that are not simply new, with room, the number (from 1) and what it found: known(state, envelope, expires) or
 * full(index of the cap).
 */
import { CLOCK, type Script } from '../../redis/script.ts';
import { FROZEN } from './short-form.ts';

export const recallScript: Script = {
  name: 'recall',
  keys: 'any',
  lua: `${CLOCK}${FROZEN}
local since = {}
for i = 2, #ARGV, 3 do since[i] = '(' .. ms(now - tonumber(ARGV[i + 1])) end
local function look(record, history)
  local f = redis.call('HMGET', record, 's', 'p', 'x')
  f[2] = frozen(record, f[2])
  if f[1] then return {'known', f[1], f[2], f[3], ms(now)} end
  for i = 2, #ARGV, 3 do
    if redis.call('ZCOUNT', history, since[i], '+inf') >= tonumber(ARGV[i]) then return {'full', ARGV[i + 2]} end
  end
end
local answer = {#KEYS / 2, ms(now)}
for k = 2, #KEYS, 2 do
  local found = look(KEYS[k - 1], KEYS[k])
  if found then
    answer[#answer + 1] = k / 2
    answer[#answer + 1] = found
  end
end
return answer
`,
};
