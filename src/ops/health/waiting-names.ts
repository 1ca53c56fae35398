/** The names that `waiting` on `/status` can have, a closed list. Each has its part of deploy/RUNBOOK.md. */
import { AWAITED_SERVICES } from '../../runtime/errors.ts';
import { COUPON_WAITS } from './coupon-waits.ts';

/** `partition …` goes on with the topic, the number and the fault. */
export const WAITING_NAMES = [...COUPON_WAITS, ...AWAITED_SERVICES, 'partition …'] as const;
export type WaitingName = (typeof WAITING_NAMES)[number];

/** @returns the name of the list that a row of `/status` goes by; undefined: none of them. */
export function waitingName(row: string): WaitingName | undefined {
  return row.startsWith('partition ') ? 'partition …' : WAITING_NAMES.find((name) => name === row);
}
