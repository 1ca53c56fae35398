const LONGEST_ERROR = 200;

/** What went wrong, in one line of at most 200 characters. Takes the error's code where it has one. */
export function shortError(error: unknown): string {
  let text = String(error);
  if (error instanceof Error) {
    const code: unknown = Reflect.get(error, 'code');
    text = typeof code === 'string' ? `${code}: ${error.message}` : error.message || error.name;
  }
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, LONGEST_ERROR);
}
