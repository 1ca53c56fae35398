/** What unpacking keeps for good: a library may lose what its threads hand over, and no heap shows it. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { CodecMemory } from '../../../support/kafka/codec-memory.ts';

test('unpacking large batches, in any codec, keeps none of them', async () => {
  const program = join(import.meta.dirname, '../../../support/kafka/codec-memory.ts');
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', program]);
  const { batchBytes, grownBytes } = JSON.parse(stdout) as CodecMemory;
  expect(Object.keys(grownBytes)).toHaveLength(4);
  // Eight batches: memory that settles may grow by one or two.
  for (const [codec, grown] of Object.entries(grownBytes)) expect(grown / batchBytes, codec).toBeLessThan(4);
});
