/** What a pod's page is told, read without a browser. */
import type { PageView } from '../../../src/ops/page/view/shape.ts';

export interface PageStream {
  /** The page as it was told last; undefined until it has come whole. */
  view(): PageView | undefined;
  /** Bytes that came so far. */
  received(): number;
  stop(): Promise<void>;
}

const HEAD = 'data: ';

/** Watches the page of the pod at this address. A stream that ends is not opened again. */
export async function openPageStream(url: string): Promise<PageStream> {
  const leaving = new AbortController();
  const answer = await fetch(`${url}/page/events`, { signal: leaving.signal });
  if (!answer.ok || answer.body === null)
    throw new Error(`${url}/page/events: HTTP ${String(answer.status)}`);
  let view: PageView | undefined;
  let bytes = 0;
  const reading = (async () => {
    let text = '';
    for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      bytes += Buffer.byteLength(chunk);
      const frames = `${text}${chunk}`.split('\n\n');
      text = frames.pop() ?? '';
      for (const frame of frames) {
        // The first has all parts, each later one those that have changed.
        if (frame.startsWith(HEAD)) view = { ...view, ...(JSON.parse(frame.slice(HEAD.length)) as PageView) };
      }
    }
  })().catch((error: unknown) => {
    if (!leaving.signal.aborted) throw error;
  });
  return {
    view: () => view,
    received: () => bytes,
    async stop() {
      leaving.abort();
      await reading;
    },
  };
}
