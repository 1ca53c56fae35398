/** Which part of the dead-letter topic must be read for a filter. */
import type { PartitionSpan } from '../../kafka/fetch/topic-reader.ts';
import type { Filter } from './filter.ts';
import type { Desk } from './ports.ts';

/** A letter is written after it has failed, by the same clock; a broker’s clock may be behind by so much. */
const MARGIN_MS = 60_000;

/** Up to the topic’s end as it is now. */
export async function spansOf(
  desk: Pick<Desk, 'span'>,
  { sinceMs, letter }: Filter,
): Promise<readonly PartitionSpan[]> {
  const spans = await desk.span(sinceMs === undefined ? 0 : Math.max(0, sinceMs - MARGIN_MS));
  if (letter === undefined) return spans;
  return letter.flatMap(({ partition, offset }) => {
    const span = spans.find((one) => one.partition === partition);
    if (span === undefined || offset < span.from || offset >= span.to) return [];
    return [{ partition, from: offset, to: offset + 1 }];
  });
}
