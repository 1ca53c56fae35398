/** One login, however it is written; who guesses is not listened to for a while, others are. */
import { describe, expect, it } from 'vitest';
import { createBasicAuth } from '../../../src/ops/basic-auth.ts';

const LOGIN = { user: 'ops', password: 'pässword: with colon' };
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
const RIGHT = basic(`${LOGIN.user}:${LOGIN.password}`);

describe('the header', () => {
  it.each([RIGHT, RIGHT.replace('Basic', 'basic'), RIGHT.replace(' ', '   ')])('allowed: %s', (header) => {
    expect(createBasicAuth(LOGIN)(header, 'a')).toBe('allowed');
  });

  it.each([
    undefined,
    '',
    'Basic',
    'Basic %%%',
    RIGHT.replace('Basic', 'Bearer'),
    RIGHT.replace('Basic ', ''),
    basic('ops'),
    basic(`ops:${LOGIN.password} `),
    basic(`OPS:${LOGIN.password}`),
    basic('ops:'),
    basic(`:${LOGIN.password}`),
    basic(''),
  ])('refused: %s', (header) => {
    expect(createBasicAuth(LOGIN)(header, 'a')).toBe('refused');
  });
});

describe('guesses', () => {
  it('ten wrong ones, then not even the right one is looked at; another address is', () => {
    let now = 0;
    const judge = createBasicAuth(LOGIN, () => now);
    for (let guess = 0; guess < 10; guess++) expect(judge(basic('ops:x'), 'a')).toBe('refused');
    expect(judge(RIGHT, 'a')).toBe('too_many');
    expect(judge(RIGHT, 'b')).toBe('allowed');
    now += 2000;
    expect(judge(RIGHT, 'a')).toBe('allowed');
  });

  it('a request without a login is none', () => {
    const judge = createBasicAuth(LOGIN, () => 0);
    for (let visit = 0; visit < 100; visit++) expect(judge(undefined, 'a')).toBe('refused');
    expect(judge(RIGHT, 'a')).toBe('allowed');
  });

  it('of ever new addresses are not kept without end', () => {
    const judge = createBasicAuth(LOGIN, () => 0);
    for (let guess = 0; guess < 10; guess++) judge(basic('ops:x'), 'first');
    for (let other = 0; other < 1000; other++) judge(basic('ops:x'), `address-${String(other)}`);
    expect(judge(RIGHT, 'first')).toBe('allowed');
  });
});
