/** How traces are made and sent: OpenTelemetry's variables, read and checked with the rest of the environment. */
export interface TraceSettings {
  /** To which spans are posted, path and all. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly sampler: string;
  /** 0 … 1, of the samplers that take one. */
  readonly ratio: number;
  /** Of the resource, the service's name among them. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly batch: {
    readonly delayMs: number;
    readonly exportTimeoutMs: number;
    /** Finished spans that wait to be sent; more are dropped. */
    readonly maxQueueSize: number;
    readonly maxBatchSize: number;
  };
}
