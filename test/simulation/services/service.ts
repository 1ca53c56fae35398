/** What a started service is to its users, wherever it came from. */

export type ServiceKind = 'kafka' | 'redis' | 's3';

/** `given`: address from the environment; `docker`: a container; `local`: a process of this machine. */
export type Origin = 'given' | 'docker' | 'local';

export interface ServiceHandle {
  /** The kind for the main three, its own name for an extra Redis. */
  readonly name: string;
  readonly kind: ServiceKind;
  readonly origin: Origin;
  /** `host:port` lists for Kafka, URLs for Redis and S3. Stays the same over restarts. */
  readonly address: string;
  /** The environment variables by which a pod finds this service. */
  readonly env: Readonly<Record<string, string>>;
  /** Process id while a local service runs, else undefined. */
  pid(): number | undefined;
  /**
   * Sends a signal to a local service. After SIGKILL, SIGTERM and SIGINT resolves when the process has ended
   * (rejects if that takes longer than 20 s); after SIGSTOP and SIGCONT at once. The data stay.
   * Throws where the origin is not `local`.
   */
  kill(signal: NodeJS.Signals): Promise<void>;
  /**
   * Starts a killed local service again, on the same port with the same data, and resolves when it answers; one
   * that still runs is stopped by SIGTERM first. Throws where the origin is not `local`.
   */
  restart(): Promise<void>;
  /** Resolves when the service answers a real request; rejects after `timeoutMs` (default: as long as a start may take, a minute
   * or two). */
  waitUntilReady(timeoutMs?: number): Promise<void>;
  /** Ends the service and removes its data; idempotent. Does nothing to a given one. */
  stop(): Promise<void>;
}

/** Takes one line of text for a person. */
export type Say = (line: string) => void;

/** Credentials for an S3 stand-in, which checks none. */
export const STAND_IN_AWS_ENV = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local-secret',
} as const;

/** The two faults that only a local service can be given, as clear errors for the other origins. */
export function refuseFaults(name: string, origin: Origin): Pick<ServiceHandle, 'pid' | 'kill' | 'restart'> {
  const refuse = (what: string): Promise<never> =>
    Promise.reject(
      new Error(
        `${what} needs a local ${name}, but this one is ${origin === 'given' ? 'given by the environment' : 'a container'}: ` +
          `start it with origins: ['local']`,
      ),
    );
  return {
    pid: () => undefined,
    kill: (signal) => refuse(`kill(${signal})`),
    restart: () => refuse('restart()'),
  };
}
