/**
 * Gives entries back to a user's history, which lives on as long as they may count: both, or neither. ARGV after the
 * clock: how long it lives at least, ms; then for each entry from when it counts, and its member.
 */
import { CLOCK, type Script } from '../../redis/script.ts';

export const restoreScript: Script = {
  name: 'restore',
  keys: 1,
  lua: `${CLOCK}
for at = 3, #ARGV, 2 do
  redis.call('ZADD', KEYS[1], 'NX', ARGV[at], ARGV[at + 1])
end
local keep = tonumber(ARGV[2])
if redis.call('PTTL', KEYS[1]) < keep then redis.call('PEXPIRE', KEYS[1], ms(keep)) end
return {}
`,
};
