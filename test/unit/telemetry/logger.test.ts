/** No secret reaches a line, and payload text can't forge one. */
import { expect, it } from 'vitest';
import { createLogger } from '../../../src/telemetry/logger.ts';

function lines(write: (logger: ReturnType<typeof createLogger>) => void): string[] {
  const written: string[] = [];
  write(
    createLogger({ level: 'debug', pod: 'p', version: '1' }, { write: (line) => void written.push(line) }),
  );
  return written;
}

it('redacts names that hold secrets, at every depth we log', () => {
  const [line] = lines((logger) => {
    logger.info(
      { password: 'hunter2', auth: { clientSecret: 'hunter2' }, a: { b: { token: 'hunter2' } } },
      'x',
    );
  });
  expect(line).not.toContain('hunter2');
  expect(line).toContain('[redacted]');
});

it('masks credentials inside URLs, in errors too', () => {
  const [line] = lines((logger) => {
    logger.error({ error: new Error('connect redis://user:hunter2@host:6379 failed') }, 'x');
  });
  expect(line).not.toContain('hunter2');
  expect(line).toContain('redis://[redacted]@host:6379');
});

it('payload text stays one escaped string on one line', () => {
  const written = lines((logger) => {
    logger.warn({ error: 'a\n{"level":"fatal"}\u001b[31m' }, 'x');
  });
  expect(written).toHaveLength(1);
  for (const forged of ['\n', '\u001b']) expect(written[0]?.trimEnd()).not.toContain(forged);
  expect(JSON.parse(written[0] ?? '')).toMatchObject({ level: 'warn', pod: 'p', msg: 'x' });
});

it('nothing that a terminal obeys stands in a line, and what was said can be read back', () => {
  const text = 'a\u001b[2J\u009b31m\u007f\u0085\u2028\u2029\u202e\u2066\ufeff\ud800 é 🦊';
  const [line = ''] = lines((logger) => {
    logger.warn({ eventId: text }, text);
  });
  expect(line.slice(0, -1)).toMatch(/^[\x20-\x7eé🦊]+$/u);
  expect(JSON.parse(line)).toMatchObject({ eventId: text, msg: text });
});
