/**
 * Lends the entries of the index of open pushes that are due to one sweeper for a while. They are due again after that,
 * so a sweeper that dies loses nothing. ARGV after the clock: most entries, lease.
 */
import { CLOCK, type Script } from '../../redis/script.ts';

export const leaseScript: Script = {
  name: 'lease',
  keys: 1,
  lua: `${CLOCK}
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ms(now), 'LIMIT', 0, tonumber(ARGV[2]))
for _, entry in ipairs(due) do
  redis.call('ZADD', KEYS[1], 'XX', ms(now + tonumber(ARGV[3])), entry)
end
return due
`,
};
