/**
 * Time zones chosen by the clock on the wall. Quiet hours go by the user's real local time, so a city in one fixed
 * zone would be asleep for whoever runs it in the evening. Here most people live where it is early afternoon now,
 * some where it is morning, and a fixed share where it is night: the funnel comes out alike at any hour of the day.
 */

/** Whole-hour zones round the globe; where none has the wanted hour, an `Etc` zone always does. */
const KNOWN_ZONES = [
  'Europe/Lisbon',
  'Europe/Berlin',
  'Europe/Athens',
  'Europe/Istanbul',
  'Asia/Dubai',
  'Asia/Tashkent',
  'Asia/Dhaka',
  'Asia/Jakarta',
  'Asia/Singapore',
  'Asia/Tokyo',
  'Australia/Brisbane',
  'Pacific/Noumea',
  'Pacific/Auckland',
  'Pacific/Honolulu',
  'America/Anchorage',
  'America/Los_Angeles',
  'America/Denver',
  'America/Chicago',
  'America/New_York',
  'America/Halifax',
  'America/Sao_Paulo',
  'Atlantic/South_Georgia',
  'Atlantic/Cape_Verde',
] as const;

const formats = new Map<string, Intl.DateTimeFormat>();

/** The hour of the day (0–23) on a clock in this zone. */
export const localHour = (timeZone: string, atMs: number): number => {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', hourCycle: 'h23', timeZone });
    formats.set(timeZone, format);
  }
  return Number(format.format(atMs));
};

/** A zone in which it is this hour now. */
export const findZone = (hour: number, nowMs: number): string => {
  const known = KNOWN_ZONES.find((zone) => localHour(zone, nowMs) === hour);
  if (known !== undefined) return known;
  const east = ((hour - new Date(nowMs).getUTCHours() + 36) % 24) - 12;
  return east === 0 ? 'Etc/UTC' : `Etc/GMT${east > 0 ? '-' : '+'}${Math.abs(east)}`;
};

/** Where people's clocks stand. */
export interface CityZones {
  /** Early afternoon: the city's own, and its merchants'. */
  readonly day: string;
  readonly morning: string;
  readonly night: string;
  /** Whether it is night where the rules put those whose zone nobody knows. */
  readonly unknownIsNight: boolean;
}

/** Where `rules/default.yaml` puts a user whose zone is unknown, and when it is quiet there. */
const UNKNOWN_ZONE = 'Europe/Berlin';
const isNight = (hour: number): boolean => hour >= 21 || hour < 8;

/** Chooses the zones for this moment. Good for hours: 13 o'clock is far from both ends of the day. */
export const chooseZones = (nowMs: number): CityZones => ({
  day: findZone(13, nowMs),
  morning: findZone(9, nowMs),
  night: findZone(1, nowMs),
  unknownIsNight: isNight(localHour(UNKNOWN_ZONE, nowMs)),
});

/** The same, looked up again only when the hour has changed: for every event of a long run. */
export const createZoneClock = (): ((nowMs: number) => CityZones) => {
  let hour = Number.NaN;
  let zones: CityZones | undefined;
  return (nowMs) => {
    const current = Math.floor(nowMs / 3_600_000);
    if (zones === undefined || current !== hour) zones = chooseZones(nowMs);
    hour = current;
    return zones;
  };
};
