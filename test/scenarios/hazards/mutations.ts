/** Guards that more than one hazard is caught by, each taken away by an edit of the source. */
import type { SourceEdit } from '../../tools/planted-fault.ts';
import type { Mutation } from './hazard.ts';

type Guard = Pick<Mutation, 'guard' | 'edits'>;

const known = "if f[1] then return {'known', f[1], f[2], f[3], ms(now)} end";
const inBoth = (replace: string): readonly SourceEdit[] =>
  ['claims/scripts/recall.ts', 'claims/scripts/claim.ts'].map((file) => ({ file, find: known, replace }));

/** A short record has no text to send and no place to move: what a lost guard does shows where records stay long. */
export const STAYS_LONG: SourceEdit = {
  file: 'claims/scripts/report.ts',
  find: "if ARGV[3] == 'short' and",
  replace: 'if false and',
};

export const RECORD_LOOKED_UP: Guard = { guard: 'the event’s own record is looked up', edits: inBoth('') };

export const FROZEN_PUSH_USED: Guard = {
  guard: 'the frozen push is used',
  edits: inBoth("if f[1] and f[1] ~= 'claimed' then return {'known', f[1], f[2], f[3], ms(now)} end"),
};

export const SENDING_KEPT: Guard = {
  guard: 'what may have been sent is not sent again',
  edits: [
    {
      file: 'claims/scripts/permit.ts',
      find: "  if token ~= ARGV[2] then return {'interrupted', attempt, envelope, ms(expires), left} end\n",
      replace: '',
    },
  ],
};
