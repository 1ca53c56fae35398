/**
 * What is sent to those who watch, as server-sent events: the page's parts, each as JSON, made once for all of them.
 * Somebody who comes gets all parts, then only those that have changed.
 */
import type { PageView } from './view/shape.ts';

export interface Frames {
  /** @returns the parts that differ from the view before, as one event. */
  next(view: PageView): Buffer;
  /** All parts of the last view, as one event; undefined before the first. */
  all(): Buffer | undefined;
  /** Nobody has seen anything: the next view is sent whole. */
  forget(): void;
}

/** @param mask takes secrets out: what is sent here passes no hook of the server's. */
export function createFrames(mask: (text: string) => string): Frames {
  const texts = new Map<string, string>();
  return {
    next(view) {
      const changed: [string, string][] = [];
      for (const [part, value] of Object.entries(view)) {
        const text = mask(JSON.stringify(value));
        if (texts.get(part) !== text) changed.push([part, text]);
        texts.set(part, text);
      }
      return frameOf(changed);
    },
    all: () => (texts.size === 0 ? undefined : frameOf([...texts])),
    forget: () => {
      texts.clear();
    },
  };
}

function frameOf(parts: readonly (readonly [string, string])[]): Buffer {
  const fields = parts.map(([part, text]) => `${JSON.stringify(part)}:${text}`);
  return Buffer.from(`data: {${fields.join(',')}}\n\n`);
}
