/** What must be in nothing that a pod lets out: the secrets, and of a URL the password alone. */
import { VARIABLES, type Values, type VariableName } from './variables.ts';

export function secretTexts(values: Values): readonly string[] {
  return (Object.keys(VARIABLES) as VariableName[]).flatMap((name) => {
    const value = values[name];
    if (VARIABLES[name].isSecret !== true || typeof value !== 'string') return [];
    const url = URL.parse(value);
    if (url === null || url.host === '') return [value];
    return url.password === '' ? [] : [url.password, decodeURIComponent(url.password)];
  });
}
