/**
 * sending(attempt) → sent | unknown | dry_run. The entry's time becomes now, so the caps count from the send. An
 * attempt that was settled by somebody else meanwhile changes nothing and is told.
 * ARGV after the clock: attempt, outcome.
 */
import { CLOCK, type Script } from '../../redis/script.ts';
import { ENDING, RECORD } from './record.ts';

export const settleScript: Script = {
  name: 'settle',
  keys: 2,
  lua: `${CLOCK}${RECORD}${ENDING}
if not state then return {'absent'} end
local mine = attempt == tonumber(ARGV[2])
if is_final() then
  if mine and state == ARGV[3] then return done() end
  return settled()
end
if state ~= 'sending' or not mine then return {'held', attempt} end
keep(ARGV[3])
return done()
`,
};
