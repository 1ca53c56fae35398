/**
 * Those who watch the page. There are at most so many, and whoever takes too little of what is sent is dropped: a
 * browser comes back by itself, and then begins with the present. So nobody's slow line costs the pod memory.
 */

/** The part of a response that is used here. */
export interface WatcherSink {
  readonly writableLength: number;
  write(frame: Buffer | string): unknown;
  end(): unknown;
  destroy(): unknown;
  on(event: 'close' | 'error', listener: () => void): unknown;
}

export interface Watchers {
  count(): number;
  /** False: as many watch as may. */
  mayAdd(): boolean;
  add(sink: WatcherSink): void;
  /** To each the same bytes. */
  send(frame: Buffer): void;
  /** Ends every stream; for the end of the pod. */
  stop(): void;
}

export const MOST_WATCHERS = 32;
/** Bytes that one has not taken yet: about ten frames of changes. */
export const MOST_BEHIND = 128 * 1024;

export function createWatchers(): Watchers {
  const sinks = new Set<WatcherSink>();
  return {
    count: () => sinks.size,
    mayAdd: () => sinks.size < MOST_WATCHERS,
    add(sink) {
      sinks.add(sink);
      const leave = (): void => void sinks.delete(sink);
      sink.on('close', leave);
      sink.on('error', leave);
    },
    send(frame) {
      for (const sink of sinks) {
        if (sink.writableLength > MOST_BEHIND) {
          sinks.delete(sink);
          sink.destroy();
        } else sink.write(frame);
      }
    },
    stop() {
      for (const sink of sinks) sink.end();
      sinks.clear();
    },
  };
}
