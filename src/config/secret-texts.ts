/**
 * What must be in nothing that a pod lets out: the secrets. Of a URL it is the password alone, of a list of headers each
 * value, and of `Bearer …` what stands behind it.
 */
import { readPairs } from './forms.ts';
import { VARIABLES, type Values, type VariableName } from './variables.ts';

export function secretTexts(values: Values): readonly string[] {
  return (Object.keys(VARIABLES) as VariableName[]).flatMap((name) => {
    const value = values[name];
    if (VARIABLES[name].isSecret !== true || typeof value !== 'string') return [];
    if (name.endsWith('_HEADERS')) return [value, ...headerSecrets(value)];
    const url = URL.parse(value);
    if (url === null || url.host === '') return [value];
    return url.password === '' ? [] : [url.password, decodeURIComponent(url.password)];
  });
}

function headerSecrets(list: string): readonly string[] {
  return Object.values(readPairs(list)).flatMap((value) => [
    ...[value, encodeURIComponent(value)],
    ...value.split(' ').slice(1),
  ]);
}
