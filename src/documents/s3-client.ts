/**
 * The S3 client with every wait bounded, and documents' addresses. Credentials come from AWS's own chain
 * (environment, profile, pod identity), and are never read here.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { S3Client } from '@aws-sdk/client-s3';

export interface S3Options {
  /** Default: AWS's own. */
  readonly endpoint?: string | undefined;
  /** Default: AWS_REGION, the profile's, or us-east-1 where an endpoint of one's own stands in for AWS. */
  readonly region?: string | undefined;
  /** Default: true with an endpoint of one's own, as only AWS resolves a bucket as a host name. */
  readonly pathStyle?: boolean | undefined;
  /** Undefined: S3 is reached directly. */
  readonly proxies?:
    Readonly<Record<'HTTPS_PROXY' | 'HTTP_PROXY' | 'NO_PROXY', string | undefined>> | undefined;
}

export interface S3Location {
  readonly bucket: string;
  readonly key: string;
}

const CONNECT_TIMEOUT_MS = 2000;
const REQUEST_TIMEOUT_MS = 5000;
const MAX_ATTEMPTS = 3;
/** As AWS's client makes them by itself. */
const AGENT = { keepAlive: true, maxSockets: 50 } as const;

/** The caller ends it by `destroy()`. */
export function createS3(options: S3Options = {}): S3Client {
  const { endpoint, pathStyle = endpoint !== undefined, proxies } = options;
  const region = options.region ?? (endpoint === undefined ? undefined : 'us-east-1');
  return new S3Client({
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    forcePathStyle: pathStyle,
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      socketTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
      ...(proxies !== undefined && {
        httpAgent: new HttpAgent({ ...AGENT, proxyEnv: proxies }),
        httpsAgent: new HttpsAgent({ ...AGENT, proxyEnv: proxies }),
      }),
    },
    // Servers that speak S3 don't all know the newer checksums; those that need them still ask for them.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}

/** `s3://bucket/some/key` → its parts, or undefined where the text is no such address. */
export function parseS3Uri(uri: string): S3Location | undefined {
  const match = /^s3:\/\/([a-z0-9][a-z0-9._-]{1,62})\/(.+)$/.exec(uri);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { bucket: match[1], key: match[2] };
}

/** @throws Error that says what is expected. */
export function requireS3Uri(uri: string): S3Location {
  const location = parseS3Uri(uri);
  if (location === undefined) throw new Error(`expected an address such as s3://bucket/key, found "${uri}"`);
  return location;
}
