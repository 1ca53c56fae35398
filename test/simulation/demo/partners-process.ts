/** The partners in a process of their own, so that they and the pods do not share an event loop. */
import { fileURLToPath } from 'node:url';
import { connectPartners, waitForPartners } from '../partners/connect-partners.ts';
import type { Partners } from '../partners/partners.ts';
import { DEFAULT_CREDENTIALS } from '../partners/create-partners.ts';
import type { SettingsPatch } from '../partners/settings.ts';
import { findFreePorts } from '../services/free-ports.ts';
import type { Guard } from '../services/guarded-process.ts';

/** Starts them under a guard and resolves when they serve. They ask for a token. */
export const startPartnersProcess = async (
  guard: Guard,
  options: { readonly seed: number | string; readonly settings: SettingsPatch; readonly logFile: string },
): Promise<Partners> => {
  const [coupon = 0, push = 0, auth = 0, control = 0] = await findFreePorts(4);
  const child = await guard.run({
    command: process.execPath,
    args: [fileURLToPath(new URL('../partners/main.ts', import.meta.url))],
    cwd: fileURLToPath(new URL('../../../', import.meta.url)),
    logFile: options.logFile,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOST: '127.0.0.1',
      COUPON_PORT: String(coupon),
      PUSH_PORT: String(push),
      AUTH_PORT: String(auth),
      CONTROL_PORT: String(control),
      SEED: String(options.seed),
      AUTH_CLIENT_ID: DEFAULT_CREDENTIALS.clientId,
      AUTH_CLIENT_SECRET: DEFAULT_CREDENTIALS.clientSecret,
      SETTINGS: JSON.stringify(options.settings),
    },
  });
  const at = (port: number): string => `http://127.0.0.1:${port}`;
  const urls = {
    couponApi: at(coupon),
    pushApi: at(push),
    authToken: `${at(auth)}/token`,
    control: at(control),
  };
  await waitForPartners(urls.control);
  return connectPartners(urls, async () => {
    void child.signal('SIGTERM');
    await child.exited;
  });
};
