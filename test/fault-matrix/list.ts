/** The whole matrix, from the outside in. */
import { KAFKA } from './kafka.ts';
import type { Dependency } from './matrix.ts';
import { PARTNERS } from './partners.ts';
import { POD } from './pod.ts';
import { REDIS } from './redis.ts';

export const DEPENDENCIES: readonly Dependency[] = [...KAFKA, ...REDIS, ...PARTNERS, ...POD];
