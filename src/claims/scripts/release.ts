/**
 * claimed, or sending(attempt) → rejected | expired | withdrawn: out of the history. Compares, then deletes: what
 * another attempt is sending now is not released.
 * ARGV after the clock: outcome, attempt (empty: only what no attempt holds).
 */
import { CLOCK, type Script } from '../../redis/script.ts';
import { ENDING, RECORD } from './record.ts';

export const releaseScript: Script = {
  name: 'release',
  keys: 2,
  lua: `${CLOCK}${RECORD}${ENDING}
if not state then return {'absent'} end
local wanted = tonumber(ARGV[3])
local mine = wanted == nil or wanted == attempt
if is_final() then
  if mine and state == ARGV[2] then return done() end
  return settled()
end
if not mine or (state == 'sending' and wanted == nil) then return {'held', attempt} end
give_back(ARGV[2])
return done()
`,
};
