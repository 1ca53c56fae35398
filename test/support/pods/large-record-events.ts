/** Events as JSON, about 200 bytes each, no two alike: 100,000 of them are 20 MB, and packed some megabytes. */
export function largeRecordEvents(count: number): string[] {
  return Array.from({ length: count }, (_, n) =>
    JSON.stringify({
      userId: `user-${String((n * 7919) % 50_000)}`,
      eventId: `e-${String(n)}`,
      occurredAt: new Date(1_795_000_000_000 + n * 37).toISOString(),
      latitude: 52 + ((n * 31) % 10_007) / 1e5,
      longitude: 13 + ((n * 17) % 10_009) / 1e5,
      merchantId: `m-${String(n % 500)}`,
      trigger: 'enter',
      note: 'padding, padding, pad',
    }),
  );
}
