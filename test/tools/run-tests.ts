/**
 * `npm test`: every project, or what the arguments after `--` select. The last line printed is always the summary,
 * and the exit code always agrees with it.
 */
import { formatSummary } from './test-summary.ts';
import { runTests } from './test-run.ts';

const summary = await runTests(process.argv.slice(2));
console.log(formatSummary(summary));
process.exitCode = summary.failed > 0 ? 1 : 0;
