/** Bytes for a person: `1.2 GB`, powers of a thousand. */

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'] as const;
const THOUSAND = 1000;

/** @param bytes ≥ 0. */
export function formatBytes(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= THOUSAND && unit < UNITS.length - 1) [value, unit] = [value / THOUSAND, unit + 1];
  const digits = value < 10 && unit > 0 ? 1 : 0;
  return `${value.toLocaleString('en', { maximumFractionDigits: digits })} ${UNITS[unit] ?? ''}`;
}
