/**
 * claimed → sending(attempt). After a lost reply the same token asks again and gets the same attempt, never another's.
 * A token that was given back already belongs to a straggler and gets nothing. ARGV after the clock: token.
 */
import { CLOCK, type Script } from '../../redis/script.ts';
import { RECORD } from './record.ts';

export const permitScript: Script = {
  name: 'permit',
  keys: 2,
  lua: `${CLOCK}${RECORD}
if not state then return {'absent'} end
if is_final() then return settled() end
local left = ms(expires - now)
if state == 'sending' then
  if token ~= ARGV[2] then return {'interrupted', attempt, envelope, ms(expires), left} end
  redis.call('HSET', KEYS[1], 'a', ms(now))
  return {'granted', attempt, envelope, ms(expires), left}
end
if token == ARGV[2] then return {'spent'} end
if now >= expires then return {'expired', envelope} end
attempt = attempt + 1
redis.call('HSET', KEYS[1], 's', 'sending', 'n', attempt, 't', ARGV[2], 'a', ms(now))
return {'granted', attempt, envelope, ms(expires), left}
`,
};
