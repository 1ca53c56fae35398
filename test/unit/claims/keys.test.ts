import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reconnectPause } from '../../../src/redis/connection.ts';
import { createKeyspace, encodeId, openMember, parseOpenMember } from '../../../src/claims/keys.ts';
import { asRedisFailure } from '../../../src/redis/redis-failure.ts';
import { UnavailableError } from '../../../src/runtime/errors.ts';

const anyId = fc.string({ unit: 'binary', minLength: 1, maxLength: 128 });

describe('keys', () => {
  it('have a hash tag that is exactly the user, for any id', () => {
    const keyspace = createKeyspace('prefix');
    fc.assert(
      fc.property(anyId, anyId, (userId, eventId) => {
        for (const key of keyspace.ofEvent({ userId, eventId })) {
          expect(/^[^{]*\{([^}]+)\}/.exec(key)?.[1]).toBe(encodeId(userId));
        }
      }),
    );
  });

  it('never let two ids meet', () => {
    fc.assert(
      fc.property(anyId, anyId, (one, other) => {
        expect(encodeId(one) === encodeId(other)).toBe(one === other);
      }),
    );
    expect(encodeId(encodeId('a b'))).not.toBe(encodeId('a b'));
  });

  it('show a plain id as it is', () => {
    expect(encodeId('0b3f0f2e-5d1c-4d0c-9f5e-2f5b7c0d9a11')).toBe('0b3f0f2e-5d1c-4d0c-9f5e-2f5b7c0d9a11');
    expect(createKeyspace('p').ofEvent({ userId: 'u-1', eventId: 'e-1' })).toEqual([
      'p:{u-1}:e:e-1',
      'p:{u-1}:h',
    ]);
  });

  it('find the event again from its index entry', () => {
    fc.assert(
      fc.property(anyId, anyId, (userId, eventId) => {
        expect(parseOpenMember(openMember({ userId, eventId }))).toEqual({ userId, eventId });
      }),
    );
    expect(parseOpenMember('{')).toBeUndefined();
    expect(parseOpenMember('"a"')).toBeUndefined();
    expect(parseOpenMember('[1,2]')).toBeUndefined();
  });

  it.each(['', 'a{b}', 'a b'])('refuse the prefix %j', (prefix) => {
    expect(() => createKeyspace(prefix)).toThrow(RangeError);
  });
});

describe("Redis's failures", () => {
  const reply = (message: string) => Object.assign(new Error(message), { name: 'ReplyError' });

  it.each([
    reply("OOM command not allowed when used memory > 'maxmemory'."),
    reply(
      'ERR Error running script (call to f_1): @user_script:1: -OOM command not allowed when used memory',
    ),
    reply(
      'ERR Error running script (call to f_1): @user_script:1: -NOREPLICAS Not enough good replicas to write.',
    ),
    reply('LOADING Redis is loading the dataset in memory'),
    reply("READONLY You can't write against a read only replica."),
    reply('CLUSTERDOWN The cluster is down'),
    reply('MISCONF Redis is configured to save RDB snapshots'),
    new Error('Connection is closed.'),
    new Error('Command timed out'),
    new Error("Stream isn't writeable and enableOfflineQueue options is false"),
    Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:6379'), { code: 'ECONNREFUSED' }),
  ])('$message: away', (error) => {
    expect(asRedisFailure(error)).toBeInstanceOf(UnavailableError);
  });

  it.each([
    reply('WRONGTYPE Operation against a key holding the wrong kind of value'),
    reply('ERR Error compiling script'),
    new TypeError('x is not a function'),
  ])('$message: a fault of ours', (error) => {
    expect(asRedisFailure(error)).toBe(error);
  });
});

describe('the pause before a reconnect', () => {
  it('grows to three seconds and never stops', () => {
    for (const times of [1, 5, 10, 1000, 1_000_000]) {
      expect(reconnectPause(times)).toBeGreaterThanOrEqual(50);
      expect(reconnectPause(times)).toBeLessThanOrEqual(3000);
    }
  });
});
