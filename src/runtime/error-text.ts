/** What went wrong, in words: anything may have been thrown. */

const LONGEST_ERROR = 200;

export interface ErrorTextOptions {
  /** The error's name before its message. Default false. */
  readonly named?: boolean;
  /** A system error's code behind a message that does not hold it: that of several addresses is empty. Default false. */
  readonly withCode?: boolean;
}

/** The whole message, of any length and with its line breaks. */
export function errorText(
  error: unknown,
  { named = false, withCode = false }: ErrorTextOptions = {},
): string {
  if (!(error instanceof Error)) return String(error);
  const text = named ? `${error.name}: ${error.message}` : error.message;
  const code = withCode ? codeOf(error) : undefined;
  return code === undefined || text.includes(code) ? text : `${text.trim()} (${code})`.trim();
}

/** One line of at most 200 characters. Takes the error's code where it has one. */
export function shortError(error: unknown): string {
  let text = String(error);
  if (error instanceof Error) {
    const code = codeOf(error);
    text = code === undefined ? error.message || error.name : `${code}: ${error.message}`;
  }
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, LONGEST_ERROR);
}

function codeOf(error: Error): string | undefined {
  const code: unknown = Reflect.get(error, 'code');
  return typeof code === 'string' ? code : undefined;
}
