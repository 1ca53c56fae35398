/** The figures that `coupon-notifier capacity` reckons with: each benchmark keeps its own, the others stay. */
import { readFile, writeFile } from 'node:fs/promises';
import { FIGURES_FILE, type FigureName, type KeptFigures } from '../../src/cli/capacity/figures.ts';
import { machineName } from './machine-name.ts';

/** Three digits that count are enough: what is measured differs by more. */
export async function keepFigures(
  benchmark: string,
  values: Partial<Record<FigureName, number>>,
): Promise<void> {
  const kept = JSON.parse(await readFile(FIGURES_FILE, 'utf8')) as Record<string, KeptFigures>;
  const rounded = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, Number(value.toPrecision(3))]),
  );
  kept[benchmark] = { machine: machineName(), values: rounded };
  await writeFile(FIGURES_FILE, `${JSON.stringify(kept, null, 2)}\n`);
}
