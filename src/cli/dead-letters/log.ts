/** `log`: what was done with letters, by whom, newest first. */
import type { CommandLine } from '../command.ts';
import type { Action } from './actions.ts';
import type { Desk, ExitCode } from './ports.ts';

export interface LogOptions {
  readonly limit: number;
  readonly json: boolean;
}

export async function log(desk: Desk, { limit, json }: LogOptions, { say }: CommandLine): Promise<ExitCode> {
  await desk.look();
  const newest = [...desk.actions.list()].reverse().slice(0, limit);
  if (json) {
    say(
      JSON.stringify(
        newest.map(({ ends: _ends, ...action }) => action),
        undefined,
        2,
      ),
    );
    return 0;
  }
  for (const action of newest) say(formatAction(action));
  if (newest.length === 0) say(`${desk.topic}: nothing was put back or discarded yet`);
  return 0;
}

function formatAction({ what, by, beganAt, endedAt, filter, parked, note, count }: Action): string {
  const asked = Object.entries(filter).map(([name, value]) => `${name}=${textOf(value)}`);
  if (parked) asked.push('parked');
  const parts = [
    beganAt,
    what === 'replay' ? 'put back' : 'discarded',
    `${count.toLocaleString('en')} letters`,
    by,
    asked.length === 0 ? 'all' : asked.join(' '),
    ...(note === undefined ? [] : [note]),
    ...(endedAt === undefined ? ['(did not come to its end)'] : []),
  ];
  return parts.join('  ');
}

function textOf(value: unknown): string {
  return Array.isArray(value) ? value.join(',') : String(value);
}
