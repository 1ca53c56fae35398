/**
 * `npm run audit`: asks the registry what is known against the packages that pods run with. A high finding is a failure.
 * A registry that gives no report is none: then one line says that the audit did not run.
 */
import { execFile } from 'node:child_process';
import { judgeAudit } from './audit-report.ts';

const WITHIN_MS = 25_000;
const ARGUMENTS = ['audit', '--omit=dev', '--json', '--fetch-retries=0', '--fetch-timeout=15000'];

/** npm ends with 1 for findings and for a registry that is away alike: what it has written tells them apart. */
const text = await new Promise<string>((resolve) => {
  execFile('npm', ARGUMENTS, { timeout: WITHIN_MS, maxBuffer: 64 * 1024 * 1024 }, (_, stdout) =>
    resolve(stdout),
  );
});
const verdict = judgeAudit(text);
switch (verdict.kind) {
  case 'clean':
    console.log(
      `audit: nothing high in production packages${verdict.milder > 0 ? `, ${String(verdict.milder)} milder` : ''}`,
    );
    break;
  case 'not run':
    console.log(`audit: did not run: ${verdict.why}`);
    break;
  case 'found':
    for (const finding of verdict.findings) console.error(`audit: ${finding}`);
    process.exitCode = 1;
}
