/** The images of the services, and of what removes their containers. Pinned: the same for everybody, and in compose. */
import { KAFKA_VERSION, S3MOCK_VERSION } from '../artifacts.ts';
import type { ServiceKind } from '../service.ts';
import type { DockerEngine } from './find-engine.ts';
import { pullImages, type Pulling } from './pull-images.ts';
import { registryOf } from './registry-auth.ts';

export const IMAGES: Readonly<Record<ServiceKind, string>> = {
  kafka: `apache/kafka:${KAFKA_VERSION}`,
  redis: 'redis:7.4-alpine',
  s3: `adobe/s3mock:${S3MOCK_VERSION}`,
};

/** Testcontainers' own choice, which it does not export; a test compares. */
export const REAPER_IMAGE = 'testcontainers/ryuk:0.14.0';

/** The reaper's image as the environment has it; undefined where it is switched off. */
const reaperImage = (env: NodeJS.ProcessEnv): string | undefined => {
  if (env['TESTCONTAINERS_RYUK_DISABLED'] === 'true') return undefined;
  const given = env['RYUK_CONTAINER_IMAGE'] ?? '';
  return given === '' ? REAPER_IMAGE : given;
};

export interface LackingImage {
  readonly image: string;
  /** Names the image and has the engine's words. */
  readonly why: string;
}

/**
 * Brings the images of these kinds of services onto the engine, and the reaper's, without which none may start.
 * Rejects only when the signal aborts. @returns by kind, what is lacking and why.
 */
export const pullServiceImages = async (
  { address }: DockerEngine,
  kinds: readonly ServiceKind[],
  pulling: Pulling,
): Promise<ReadonlyMap<ServiceKind, readonly LackingImage[]>> => {
  const { env } = pulling;
  const reaper = reaperImage(env);
  const common = reaper === undefined ? [] : [mirrored(reaper, env)];
  const imageOf = (kind: ServiceKind): string => mirrored(IMAGES[kind], env);
  const failed = await pullImages(address, [...common, ...kinds.map(imageOf)], pulling);
  const lacking = new Map<ServiceKind, readonly LackingImage[]>();
  for (const kind of kinds) {
    const images = [...common, imageOf(kind)];
    const without = images.flatMap((image) => {
      const why = failed.get(image);
      return why === undefined ? [] : [{ image, why }];
    });
    if (without.length > 0) lacking.set(kind, without);
  }
  return lacking;
};

/** As Testcontainers takes Docker Hub's images from a mirror: `registry/path/apache/kafka:4.1.1`. */
const mirrored = (image: string, env: NodeJS.ProcessEnv): string => {
  const prefix = (env['TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX'] ?? '').replace(/\/+$/, '');
  return prefix === '' || registryOf(image) !== undefined ? image : `${prefix}/${image}`;
};
