/** A database of the shared Redis for one scenario at a time: what flushes one must be alone in it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';

/** Of Redis' usual 16. The others have fixed users: 0 integration tests, 1 and 14 one scenario file each, 3–6 hazards. */
const DATABASES = [2, 7, 8, 9, 10, 11, 12, 13, 15] as const;
/** A scenario that was killed gives its database back by itself. */
const HELD_SECONDS = 900;

export interface FreeDatabase {
  readonly number: number;
  release(): Promise<void>;
}

/** Waits until one is free. @param url of the server, without a database. */
export async function takeFreeDatabase(url: string): Promise<FreeDatabase> {
  const redis = new Redis(url);
  try {
    for (;;) {
      for (const number of DATABASES) {
        const key = `test-database:${String(number)}`;
        if ((await redis.set(key, process.pid, 'EX', HELD_SECONDS, 'NX')) !== 'OK') continue;
        return {
          number,
          release: async () => {
            await redis.del(key);
            redis.disconnect();
          },
        };
      }
      await sleep(200);
    }
  } catch (error) {
    redis.disconnect();
    throw error;
  }
}
