/**
 * The local time that conditions see. Where the user's time zone is unknown, the zone of the document's quiet hours
 * serves; where they suppress then, none does.
 */
import type { Ruleset } from '../pipeline/ports.ts';
import { SUPPRESS, type QuietHoursSection } from './quiet-hours.ts';
import { localTime } from './time-zone.ts';

export function createLocalTime(section: QuietHoursSection | undefined): Ruleset['localTime'] {
  const unknownZone = section?.unknownTimeZone;
  const fallbackZone = unknownZone === SUPPRESS ? undefined : unknownZone;
  return (timeZone, atMs) => {
    const zone = timeZone ?? fallbackZone;
    return zone === undefined ? undefined : localTime(zone, atMs);
  };
}
