/**
 * A secret variable may be given as `NAME_FILE`, a file that holds it, as Docker and Kubernetes mount secrets. Whatever
 * is wrong with the file is said under that name, without its path and content: either may be the secret itself, put
 * into the wrong variable.
 */
import { readTextFile, UnusableFile } from './read-file.ts';
import { VARIABLES, type VariableName } from './variables.ts';

export interface ConfigProblem {
  readonly variable: string;
  /** Never holds a value. */
  readonly message: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface SecretFiles {
  /** The environment with the files' contents in it. */
  readonly found: Environment;
  /** Which variables came from a file, and the name under which the file was given. */
  readonly files: ReadonlyMap<VariableName, string>;
  readonly problems: ConfigProblem[];
}

/** Never throws: what can't be read is among the problems. */
export function withSecretFiles(names: readonly VariableName[], environment: Environment): SecretFiles {
  const found: Record<string, string | undefined> = { ...environment };
  const files = new Map<VariableName, string>();
  const problems: ConfigProblem[] = [];
  for (const name of names) {
    const variable = `${name}_FILE`;
    const path = environment[variable];
    if (VARIABLES[name].isSecret !== true || !path) continue;
    files.set(name, variable);
    if (environment[name]) {
      problems.push({ variable, message: `expected only one of ${name} and ${variable}` });
      continue;
    }
    try {
      found[name] = readSecret(path);
    } catch (error) {
      if (!(error instanceof UnusableFile)) throw error;
      problems.push({ variable, message: `expected a file with the secret alone: ${error.message}` });
    }
  }
  return { found, files, problems };
}

/** Editors and `echo` end a file with a line end, which is no part of the secret. */
function readSecret(path: string): string {
  const secret = readTextFile(path).replace(/[\r\n]+$/, '');
  if (/[\r\n\0]/.test(secret)) throw new UnusableFile('it has more than one line');
  return secret;
}
