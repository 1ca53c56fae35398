/** The tokens that the auth server has issued: short-lived, and revocable all at once. */

export interface Tokens {
  issue(lifeSeconds: number): string;
  holds(token: string): boolean;
  revokeAll(): void;
}

/** Opens an empty register; `now` is epoch ms. */
export const createTokens = (now: () => number): Tokens => {
  const expiries = new Map<string, number>();
  let issued = 0;
  return {
    issue(lifeSeconds) {
      issued += 1;
      const token = `token-${process.pid}-${issued}-${Math.random().toString(36).slice(2)}`;
      for (const [old, expiresAt] of expiries) if (expiresAt <= now()) expiries.delete(old);
      expiries.set(token, now() + lifeSeconds * 1000);
      return token;
    },
    holds: (token) => (expiries.get(token) ?? 0) > now(),
    revokeAll: () => {
      expiries.clear();
    },
  };
};
