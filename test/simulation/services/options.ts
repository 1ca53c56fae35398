/** What a caller may ask of the services. */
import type { Origin, Say } from './service.ts';

export interface KafkaOptions {
  /** Broker settings, by their names in server.properties, over the ones set here. */
  readonly properties?: Readonly<Record<string, string>>;
  /**
   * Of a local broker: further listeners, each of which sends its clients to another port of this machine, where
   * something may stand that delays or cuts them.
   */
  readonly detours?: readonly { readonly port: number; readonly advertisedPort: number }[];
}

export interface RedisOptions {
  /** `always` survives the death of the process and its host at each write's price. Default `everysec`. */
  readonly appendFsync?: 'always' | 'everysec' | 'no';
  /** More of redis-server's own arguments, such as `['--maxmemory-policy', 'allkeys-lru']`; these win. */
  readonly configArgs?: readonly string[];
}

export interface S3Options {
  /** Buckets that exist once the services are ready. */
  readonly buckets?: readonly string[];
}

export interface ServicesOptions {
  /** Takes what was chosen and why, and how far it is: a line each. */
  readonly say: Say;
  /** Each of the three is started unless it is `false`; `{}` or absent: with defaults. */
  readonly kafka?: KafkaOptions | false;
  readonly redis?: RedisOptions | false;
  readonly s3?: S3Options | false;
  /** More Redis servers, by name; never the one that the environment gives. */
  readonly extraRedis?: Readonly<Record<string, RedisOptions>>;
  /** Where the caller can take services from; always tried in the order given, Docker, local. Default: all three. */
  readonly origins?: readonly Origin[];
  /** Where the person wants them from, of those. Default: what SERVICE_ORIGINS says, else all. */
  readonly allowed?: readonly Origin[] | undefined;
  /** Ends a start that is still pulling images, or between two of its steps. */
  readonly signal?: AbortSignal;
  /** Where addresses, and the PATH for the looks at what this machine has, are read. Default: `process.env`. */
  readonly environment?: NodeJS.ProcessEnv;
}
