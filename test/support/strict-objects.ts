/**
 * Kubernetes objects read strictly: each value by the API's own schema, and no key that the API does not know, which its
 * server would drop without a word. The schemas leave further keys open; TypeScript's types of them do not.
 */
import { resolve } from 'node:path';
import * as keda from '@kubernetes-models/keda/keda.sh/v1alpha1';
import * as apps from 'kubernetes-models/apps/v1';
import * as autoscaling from 'kubernetes-models/autoscaling/v2';
import * as networking from 'kubernetes-models/networking.k8s.io/v1';
import * as policy from 'kubernetes-models/policy/v1';
import * as core from 'kubernetes-models/v1';
import ts from 'typescript';

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: { readonly name?: string } | undefined;
}

type Model = new (data: never) => { validate(): void };

/** By `apiVersion`: the package's module, and what it holds. */
const GROUPS: Readonly<Record<string, readonly [path: string, models: Readonly<Record<string, unknown>>]>> = {
  v1: ['kubernetes-models/v1', core],
  'apps/v1': ['kubernetes-models/apps/v1', apps],
  'autoscaling/v2': ['kubernetes-models/autoscaling/v2', autoscaling],
  'networking.k8s.io/v1': ['kubernetes-models/networking.k8s.io/v1', networking],
  'policy/v1': ['kubernetes-models/policy/v1', policy],
  'keda.sh/v1alpha1': ['@kubernetes-models/keda/keda.sh/v1alpha1', keda],
};

/** @returns what is wrong with which object; empty where nothing is. */
export function objectFaults(objects: readonly KubernetesObject[]): readonly string[] {
  const lines: string[] = [];
  const faults: string[] = [];
  for (const [at, object] of objects.entries()) {
    const name = nameOf(object);
    const [path, models] = GROUPS[object.apiVersion] ?? [];
    const Known = models?.[object.kind] as Model | undefined;
    if (path === undefined || Known === undefined) {
      faults.push(`${name}: ${object.apiVersion} has no such kind`);
      continue;
    }
    try {
      new Known(object as never).validate();
    } catch (error) {
      faults.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
    lines.push(
      `import type { I${object.kind} as T${String(at)} } from '${path}'; export const o${String(at)}: T${String(at)} = ${JSON.stringify(object)};`,
    );
  }
  return [...faults, ...typeFaults(lines.join('\n'), objects)];
}

export const nameOf = ({ kind, metadata }: KubernetesObject): string => `${kind} ${metadata?.name ?? ''}`;

function typeFaults(source: string, objects: readonly KubernetesObject[]): readonly string[] {
  const file = resolve('test/support/strict-objects.generated.ts');
  const options: ts.CompilerOptions = {
    ...{ strict: true, noEmit: true, skipLibCheck: true, types: [] },
    ...{ module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
    target: ts.ScriptTarget.ES2022,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.getSourceFile = (name, ...rest) =>
    name === file
      ? ts.createSourceFile(name, source, ts.ScriptTarget.ES2022)
      : getSourceFile.call(host, name, ...rest);
  host.fileExists = (name) => name === file || fileExists.call(host, name);
  host.readFile = (name) => (name === file ? source : readFile.call(host, name));
  const program = ts.createProgram([file], options, host);
  const made = program.getSourceFile(file);
  const found = [...program.getSyntacticDiagnostics(made), ...program.getSemanticDiagnostics(made)];
  return found.map(({ messageText, start = 0 }) => {
    const number = source.slice(0, start).split('\n').length - 1;
    const object = objects.filter(({ apiVersion }) => apiVersion in GROUPS)[number];
    return `${object === undefined ? '' : nameOf(object)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}
