/**
 * The stream of what changes. It says itself when it is lost and tries again: a person must never take an old number
 * for a new one.
 */
/** @import { PageView } from '../view/shape.ts' */

/** The pod speaks at least every second; after this silence it is called lost. */
const SILENT_MS = 4000;
const AGAIN_MS = 5000;

/**
 * @param {(parts: Partial<PageView>) => void} onParts
 * @param {(silentMs: number | undefined) => void} onLost how long nothing has come; undefined: it is there again.
 */
export function openStream(onParts, onLost) {
  let heardAt = performance.now();
  let isLost = false;

  const connect = () => {
    const source = new EventSource('page/events');
    source.addEventListener('message', (/** @type {MessageEvent<string>} */ event) => {
      heardAt = performance.now();
      if (isLost) onLost(undefined);
      isLost = false;
      /** @type {unknown} */
      const parts = JSON.parse(event.data);
      onParts(/** @type {Partial<PageView>} */ (parts));
    });
    source.onerror = () => {
      // Where the pod has said no, the browser does not come back by itself.
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, AGAIN_MS);
    };
  };
  connect();
  setInterval(() => {
    const silentMs = performance.now() - heardAt;
    if (silentMs < SILENT_MS) return;
    isLost = true;
    onLost(silentMs);
  }, 1000);
}
