/** The running pods through Redis: the registry they keep, the channel they listen to, the kill switch they ask. */
import { createKillSwitch } from '../../claims/kill-switch.ts';
import type { RedisPlace } from '../../compose/redis.ts';
import { announceDocuments, livePods } from '../../ops/pods.ts';
import { connectRedis } from '../connect-redis.ts';
import type { Fleet } from './ports.ts';

/** @throws Error where Redis doesn't answer within 5 s; the address, which may hold a password, is not named. */
export async function connectFleet(place: RedisPlace): Promise<Fleet> {
  const { redis, close } = await connectRedis(place, 'rules');
  const { prefix } = place;
  const killSwitch = createKillSwitch(redis, prefix);
  return {
    killSwitch,
    announce: () => announceDocuments(redis, prefix),
    livePods: () => livePods(redis, prefix),
    close,
  };
}
