/** What a pod that is given an environment says of it before it ends. */
import { ConfigError, readConfig } from '../../src/config/config.ts';

/** @returns variable → what is wrong with it; empty where the pod would start. */
export function configProblems(environment: Readonly<Record<string, string>>): Record<string, string> {
  try {
    readConfig(environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return Object.fromEntries(error.problems.map(({ variable, message }) => [variable, message]));
  }
  return {};
}
