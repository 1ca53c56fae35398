/** What `npm audit --json` says of the production packages, judged. */

export type AuditVerdict =
  | { readonly kind: 'clean'; readonly milder: number }
  /** Each with its severity, such as `got (high): a title`. */
  | { readonly kind: 'found'; readonly findings: readonly string[] }
  | { readonly kind: 'not run'; readonly why: string };

interface Finding {
  readonly severity: string;
  /** Other packages by name, and advisories. */
  readonly via: readonly (string | { readonly title?: string })[];
}

interface Report {
  readonly vulnerabilities?: Readonly<Record<string, Finding>>;
  /** In place of the rest, where the registry has not answered. */
  readonly message?: string;
  readonly error?: { readonly summary?: string };
}

const FATAL: ReadonlySet<string> = new Set(['high', 'critical']);

/** Only a report has a verdict: whatever else came of it says nothing of the packages. */
export function judgeAudit(text: string): AuditVerdict {
  const report = parse(text);
  if (report?.vulnerabilities === undefined) {
    const why = report?.message ?? report?.error?.summary ?? '';
    return { kind: 'not run', why: why === '' ? 'the registry gave no report' : why };
  }
  const all = Object.entries(report.vulnerabilities);
  const fatal = all.filter(([, { severity }]) => FATAL.has(severity));
  if (fatal.length === 0) return { kind: 'clean', milder: all.length };
  const findings = fatal.map(([name, { severity, via }]) => {
    const titles = via.map((one) => (typeof one === 'string' ? `by ${one}` : (one.title ?? 'no title')));
    return `${name} (${severity}): ${titles.join('; ')}`;
  });
  return { kind: 'found', findings };
}

function parse(text: string): Report | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
