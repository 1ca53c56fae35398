/** A run of examples as JUnit XML, which every CI shows. */
import { sideBySide } from './test-report.ts';
import type { TestRun } from './test-run.ts';

export function junitXml({ rulesFile, testsFile, tried, durationMs }: TestRun): string {
  const failures = tried.filter(({ differences }) => differences.length > 0).length;
  const counts = `tests="${String(tried.length)}" failures="${String(failures)}" errors="0"`;
  const time = `time="${(durationMs / 1000).toFixed(3)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts} ${time}>`,
    `  <testsuite name=${quoted(rulesFile)} ${counts} skipped="0" ${time}>`,
    ...tried.flatMap(({ example: { name, line }, differences, why }) => {
      const about = `classname=${quoted(testsFile)} name=${quoted(name)}`;
      if (differences.length === 0) return [`    <testcase ${about}/>`];
      const [first] = differences;
      const message = `${first?.field ?? ''}: expected ${String(first?.expected)}, was ${String(first?.actual)}`;
      const lines = [`${testsFile}:${String(line)}`, ...sideBySide(differences), ...why];
      return [
        `    <testcase ${about}>`,
        `      <failure type="difference" message=${quoted(message)}>${escaped(lines.join('\n'))}</failure>`,
        '    </testcase>',
      ];
    }),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function quoted(text: string): string {
  return `"${escaped(text).replaceAll('"', '&quot;').replaceAll('\n', '&#10;')}"`;
}

/** Control characters and halves of pairs have no form in XML. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\P{Cc}\n\t]|[\uFFFE\uFFFF]/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
