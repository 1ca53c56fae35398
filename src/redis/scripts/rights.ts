/**
 * Which commands the user may not run, of those that our scripts and the queue's cannot do without. Each is tried on a
 * key that is a hash while the script runs. A command that does not fit a hash fails after Redis has checked its
 * rights, and changes nothing. Two keys of different slots: a server that answers for some slots only says so at once.
 *
 * ARGV after the clock: commands with their arguments, as JSON; `KEY` stands for the key. Answers the refused ones.
 */
import { CLOCK, type Script } from '../script.ts';

const COMMANDS: readonly (readonly string[])[] = [
  ['HSET', 'KEY', 'f', '1'],
  ['PEXPIREAT', 'KEY', '99999999999999'],
  ['PEXPIRE', 'KEY', '1000'],
  ['HMSET', 'KEY', 'f', '1'],
  ['HGET', 'KEY', 'f'],
  ['HMGET', 'KEY', 'f'],
  ['HGETALL', 'KEY'],
  ['HEXISTS', 'KEY', 'f'],
  ['HINCRBY', 'KEY', 'f', '1'],
  ['HDEL', 'KEY', 'g'],
  ['EXISTS', 'KEY'],
  ['PTTL', 'KEY'],
  ['GET', 'KEY'],
  ['SET', 'KEY', '1', 'NX'],
  ['INCR', 'KEY'],
  ['LPUSH', 'KEY', '1'],
  ['RPUSH', 'KEY', '1'],
  ['LREM', 'KEY', '1', '1'],
  ['LRANGE', 'KEY', '0', '0'],
  ['LLEN', 'KEY'],
  ['LINDEX', 'KEY', '0'],
  ['LPOS', 'KEY', '1'],
  ['LTRIM', 'KEY', '0', '0'],
  ['RPOPLPUSH', 'KEY', 'KEY'],
  ['SADD', 'KEY', '1'],
  ['SREM', 'KEY', '1'],
  ['SCARD', 'KEY'],
  ['SMEMBERS', 'KEY'],
  ['XADD', 'KEY', '*', 'f', '1'],
  ['XTRIM', 'KEY', 'MAXLEN', '1'],
  ['ZADD', 'KEY', '1', 'm'],
  ['ZREM', 'KEY', 'm'],
  ['ZCARD', 'KEY'],
  ['ZCOUNT', 'KEY', '0', '1'],
  ['ZSCORE', 'KEY', 'm'],
  ['ZRANGE', 'KEY', '0', '0'],
  ['ZREVRANGE', 'KEY', '0', '0'],
  ['ZRANGEBYSCORE', 'KEY', '0', '1'],
  ['ZREVRANGEBYSCORE', 'KEY', '1', '0'],
  ['ZREMRANGEBYSCORE', 'KEY', '0', '1'],
  ['ZREMRANGEBYRANK', 'KEY', '0', '0'],
  ['ZPOPMIN', 'KEY'],
  ['DEL', 'KEY'],
];

export const RIGHTS_ARGUMENT = JSON.stringify(COMMANDS);

export const rightsScript: Script = {
  name: 'rights',
  keys: 'any',
  lua: `${CLOCK}
local refused = {}
for _, command in ipairs(cjson.decode(ARGV[2])) do
  for i, word in ipairs(command) do
    if word == 'KEY' then command[i] = KEYS[1] end
  end
  local reply = redis.pcall(unpack(command))
  local fault = type(reply) == 'table' and reply.err
  if fault and (string.find(fault, 'executing the script') or string.find(fault, 'ACL failure')
    or string.find(fault, 'Unknown Redis command')) then
    refused[#refused + 1] = command[1]
  end
end
return refused
`,
};
