/**
 * sending(attempt) → sending(attempt + 1), for an API that knows a repeated key: the attempt was left, and what it
 * left is repeated. Past the expiry nothing changes. Repeated with the same token it gives the same answer.
 * ARGV after the clock: attempt, token.
 */
import { CLOCK, type Script } from '../../redis/script.ts';
import { RECORD } from './record.ts';

export const takeOverScript: Script = {
  name: 'take_over',
  keys: 2,
  lua: `${CLOCK}${RECORD}
if not state then return {'absent'} end
if is_final() then return settled() end
local left = ms(expires - now)
if state == 'sending' and token == ARGV[3] then
  redis.call('HSET', KEYS[1], 'a', ms(now))
  return {'granted', attempt, envelope, ms(expires), left}
end
if state == 'claimed' then
  if now >= expires then return {'expired', envelope} end
  return {'spent'}
end
if attempt ~= tonumber(ARGV[2]) or now >= expires then
  return {'interrupted', attempt, envelope, ms(expires), left}
end
attempt = attempt + 1
redis.call('HSET', KEYS[1], 'n', attempt, 't', ARGV[3], 'a', ms(now))
return {'granted', attempt, envelope, ms(expires), left}
`,
};
