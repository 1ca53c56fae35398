/**
 * Writes a growing number and tells the one before, empty where there is none, and Redis's time. One that comes late
 * changes nothing.
 * ARGV after the clock: the number, ms to keep it.
 */
import { CLOCK, type Script } from '../script.ts';

export const markScript: Script = {
  name: 'mark',
  keys: 1,
  lua: `${CLOCK}
local before = redis.call('GET', KEYS[1])
if not before or tonumber(ARGV[2]) > tonumber(before) then
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
return {before or '', ms(now)}
`,
};
