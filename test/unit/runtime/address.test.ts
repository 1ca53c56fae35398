/** An address is read and written as people write it. */
import { expect, it } from 'vitest';
import { bareHost, parseHostPort, writeHostPort } from '../../../src/runtime/address.ts';

it.each([
  ['kafka:9092', { host: 'kafka', port: 9092 }],
  ['10.0.0.1:9094', { host: '10.0.0.1', port: 9094 }],
  ['[::1]:9092', { host: '::1', port: 9092 }],
  ['[2001:db8::7]:19092', { host: '2001:db8::7', port: 19_092 }],
])('the address %s', (text, address) => {
  expect(parseHostPort(text)).toEqual(address);
  expect(writeHostPort(address)).toBe(text);
});

it.each([
  ['a.example', 'a.example'],
  ['[::1]', '::1'],
  ['::1', '::1'],
])('the host %s without brackets', (host, bare) => {
  expect(bareHost(host)).toBe(bare);
});
