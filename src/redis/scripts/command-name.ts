/** Under which name a script's command is known to the client. */
export function commandName(script: string): string {
  return `coupons_${script}`;
}
