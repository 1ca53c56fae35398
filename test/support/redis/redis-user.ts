/** A user of a real Redis whose rights are given and taken while it is connected. */
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';

/** The rights of a user who may do all, as the default user may. */
export const EVERYTHING: readonly string[] = ['+@all', 'allkeys', 'allchannels'];

export interface RedisUser {
  readonly url: string;
  /** `+get`, `-@write`, `~keys:*`: as ACL SETUSER takes them. */
  allow(...rights: string[]): Promise<void>;
  close(): Promise<void>;
}

/** @param address of the server, as its default user reaches it. */
export async function openRedisUser(address: string, rights: readonly string[]): Promise<RedisUser> {
  const admin = new Redis(address);
  const user = `u${randomUUID().slice(0, 8)}`;
  const allow = async (...some: string[]): Promise<void> => {
    await admin.call('ACL', 'SETUSER', user, ...some);
  };
  await allow('on', '>secret', ...rights);
  return {
    url: `redis://${user}:secret@${new URL(address).host}`,
    allow,
    close: async () => {
      await admin.call('ACL', 'DELUSER', user);
      admin.disconnect();
    },
  };
}
