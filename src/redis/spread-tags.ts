/**
 * Hash tags in slots evenly spread: one in each sixteenth of a cluster. A key with each is a key on every master
 * that serves a sixteenth in one piece.
 */
export const SPREAD_TAGS = '18 5x dj 3r d2 pv uh iy ly h9 uv q6 9s 5f dt ha'.split(' ');
