/** Why a service that is waited for can't be reached, in its client's words: what stands behind the colon of a reason. */
import type { AwaitedService } from '../../runtime/errors.ts';

export interface OutageReasons {
  /** For the client that waits for the service: it says why it waits, and undefined once the service is there. */
  reporter(service: string): (reason: string | undefined) => void;
  /** `what`, and behind a colon what is known of it. */
  explain(what: string, service: string): string;
  reasonOf(service: string): string | undefined;
}

/** Topics of ours that may refuse whatever is written to them. */
export const WRITTEN_TOPICS = [
  'dead-letter topic',
  'outcome topic',
  'decision topic',
] as const satisfies readonly AwaitedService[];
export type WrittenTopic = (typeof WRITTEN_TOPICS)[number];

export function createOutageReasons(): OutageReasons {
  const known = new Map<string, string>();
  return {
    reporter: (service) => (reason) => {
      if (reason === undefined) known.delete(service);
      else known.set(service, reason);
    },
    explain: (what, service) => {
      const reason = known.get(service);
      return reason === undefined ? what : `${what}: ${reason}`;
    },
    reasonOf: (service) => known.get(service),
  };
}
