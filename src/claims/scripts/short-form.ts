/**
 * What a push takes in Redis once its end is told: its record and its entry in the history, both in a short form.
 *
 * A short record has fields of its own in the envelope's place, all of them short, as Redis packs a hash while no value
 * is above 64 bytes: k couponId, i merchantId, v rulesVersion, h rulesHash, o source where it is not the event's id,
 * d traceparent where the push is traced, e eventId where the key does not say it. Of the fields of a long one it keeps
 * s, z, c, and n where it is not 1; and p as {@link SHORT_ENVELOPE}, by which it is told apart.
 *
 * A short member is 13 bytes: event 3 · merchantId 5 · couponId 5, the first bytes of what a long one says in base64url.
 * Pods of the version before take it for a member that ends before the slice they ask for: of any subject.
 */
import { MEMBER_LENGTH } from '../history-member.ts';
import { SHORT_ENVELOPE, SHORT_FIELDS, SHORT_MEMBER, SHORT_PARTS } from '../short-form.ts';

/** `frozen(record, p)`: the text of the envelope, or what stands in its place. */
export const FROZEN = `
local function frozen(record, envelope)
  if envelope ~= '${SHORT_ENVELOPE}' then return envelope end
  return redis.call('HMGET', record, ${SHORT_FIELDS.map((name) => `'${name}'`).join(', ')})
end
`;

/**
 * `short_member(member)`: of a long one of any version. `short_subject(member, slices)`: what a short one says of the
 * slices of a long one; nil where it says nothing of them.
 */
export const SHORT_MEMBERS = `
local function digit(c)
  if c >= 97 then return c - 71 end
  if c == 95 then return 63 end
  if c >= 65 then return c - 65 end
  if c >= 48 then return c + 4 end
  return 62
end
local function first_bytes(text, count)
  local bytes = ''
  for at = 1, #text, 4 do
    local a, b, c, d = string.byte(text, at, at + 3)
    local n = digit(a) * 262144 + digit(b) * 4096 + digit(c) * 64 + digit(d)
    bytes = bytes .. string.char(math.floor(n / 65536), math.floor(n / 256) % 256, n % 256)
  end
  return string.sub(bytes, 1, count)
end
local function short_member(member)
  return ${SHORT_PARTS.map(
    ({ from, bytes }) =>
      `first_bytes(string.sub(member, ${String(from)}, ${String(from - 1 + Math.ceil(bytes / 3) * 4)}), ${String(bytes)})`,
  ).join('\n    .. ')}
end
local short_places = {${SHORT_PARTS.map(({ from, at, bytes }) => `[${String(from)}] = {${String(at)}, ${String(at + bytes - 1)}}`).join(', ')}}
local function short_subject(member, slices)
  local subject = ''
  for _, slice in ipairs(slices) do
    local place = short_places[slice.from]
    if not place then return nil end
    subject = subject .. string.sub(member, place[1], place[2])
  end
  return subject
end
local function is_short(member) return #member == ${String(SHORT_MEMBER)} end
`;

/**
 * `shorten(state, envelope, from, attempt, member, reporter, event)`: the record and its entry in the history. Where
 * Redis refuses a command of it, or the envelope is none that this version knows, it stays long. Each command is tried
 * where it changes nothing, before the first that takes something away.
 */
export const SHORTEN = `${SHORT_MEMBERS}
local function tried(...)
  local reply = redis.pcall(...)
  return not (type(reply) == 'table' and reply.err)
end

-- Its entry keeps its time. One whose short form another event has stays long, and so does a later version's.
local function shorten_entry(member)
  if #member > ${String(MEMBER_LENGTH)} then return end
  local at, short = redis.call('ZSCORE', KEYS[2], member), short_member(member)
  if not at or at == 'inf' or redis.call('ZSCORE', KEYS[2], short) then return end
  if not tried('ZREM', KEYS[2], '') then return end
  redis.call('ZADD', KEYS[2], at, short)
  redis.call('ZREM', KEYS[2], member)
end

local function short_fields(text, attempt, event)
  local envelope = cjson.decode(text)
  local push, source = envelope.push, envelope.source
  local place = source.topic .. '-' .. ms(source.partition) .. '-' .. source.offset .. '-' .. ms(source.index)
  local fields = {'k', push.couponId, 'i', push.merchantId, 'v', push.rulesVersion}
  for at = 1, 6 do assert(fields[at]) end
  local function add(name, value)
    if value then fields[#fields + 1] = name fields[#fields + 1] = value end
  end
  add('o', place ~= push.eventId and place)
  add('h', envelope.rulesHash)
  add('d', envelope.isTraced and envelope.traceparent)
  add('e', event ~= '' and event)
  add('n', attempt ~= '1' and attempt)
  return fields
end

local function shorten_record(state, text, from, attempt, reporter, event)
  local fields, left = short_fields(text, attempt, event), redis.call('PTTL', KEYS[1])
  if left <= 0 or not tried('PEXPIRE', KEYS[1], ms(left)) or not tried('DEL', KEYS[1]) then return end
  redis.call('HSET', KEYS[1], 's', state, 'z', from, 'c', reporter, 'p', '${SHORT_ENVELOPE}', unpack(fields))
  redis.call('PEXPIRE', KEYS[1], ms(left))
end

local function shorten(state, text, from, attempt, member, reporter, event)
  pcall(shorten_entry, member)
  pcall(shorten_record, state, text, from, attempt, reporter, event)
end
`;
