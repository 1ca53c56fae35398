/**
 * Preloaded into a pod (`--import`): its connections to the push API go by a network of their own. Pods of one
 * deployment are configured with one push API, so the way that each goes can't be told by the address. The variable
 * CHAOS_PUSH_DETOUR holds `port:port`: what is asked for, and where it leads.
 */
import { Socket } from 'node:net';

const [from, to] = (process.env['CHAOS_PUSH_DETOUR'] ?? '').split(':').map(Number);

/** As `net.connect` gives them to a socket: an options object, or one in an array. */
const detour = (argument: unknown): unknown => {
  if (Array.isArray(argument)) {
    // Node marks the array as looked through already, so it has to stay the same one.
    argument[0] = detour(argument[0]);
    return argument;
  }
  if (typeof argument !== 'object' || argument === null || !('port' in argument)) return argument;
  return Number(argument.port) === from ? { ...argument, port: to } : argument;
};

if (from !== undefined && to !== undefined) {
  const connect: unknown = Reflect.get(Socket.prototype, 'connect');
  if (typeof connect !== 'function') throw new TypeError('a socket that can not connect');
  Reflect.set(Socket.prototype, 'connect', function (this: Socket, first: unknown, ...others: unknown[]) {
    return Reflect.apply(connect, this, [detour(first), ...others]) as Socket;
  });
}
