/** The audit of packages: what fails the check, and what only says that there was no audit. */
import { expect, it } from 'vitest';
import { judgeAudit } from '../../tools/audit-report.ts';

const report = (vulnerabilities: object): string =>
  JSON.stringify({ auditReportVersion: 2, vulnerabilities });
const finding = (severity: string, via: readonly unknown[] = [{ title: 'it leaks' }]) => ({ severity, via });

it('nothing known is clean', () => {
  expect(judgeAudit(report({}))).toEqual({ kind: 'clean', milder: 0 });
});

it('what is milder than high fails nothing', () => {
  const text = report({ a: finding('moderate'), b: finding('low'), c: finding('info') });
  expect(judgeAudit(text)).toEqual({ kind: 'clean', milder: 3 });
});

it.each(['high', 'critical'])('a %s finding fails, by name and title', (severity) => {
  const text = report({ mild: finding('low'), got: finding(severity), user: finding(severity, ['got']) });
  expect(judgeAudit(text)).toEqual({
    kind: 'found',
    findings: [`got (${severity}): it leaks`, `user (${severity}): by got`],
  });
});

it.each([
  ['{"message":"405 Method Not Allowed - POST https://registry","error":{"summary":""}}', /^405 Method/],
  ['{"error":{"summary":"getaddrinfo ENOTFOUND registry"}}', /ENOTFOUND/],
  ['', /no report/],
  ['<html>', /no report/],
  ['null', /no report/],
])('%s is no verdict', (text, why) => {
  expect(judgeAudit(text)).toEqual({ kind: 'not run', why: expect.stringMatching(why) as string });
});
