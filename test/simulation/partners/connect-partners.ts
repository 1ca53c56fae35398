/** Partners that run in another process, used as if they ran in this one. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LedgerPages } from './ledger.ts';
import type { Partners, PartnerUrls } from './partners.ts';
import type { PartnerSettings } from './settings.ts';

const call = async (url: string, init?: RequestInit): Promise<Response> => {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return response;
};

/** Resolves once the control port answers. */
export const waitForPartners = async (controlUrl: string, timeoutMs = 15_000): Promise<void> => {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      await call(`${controlUrl}/health`);
      return;
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`no partners at ${controlUrl}`, { cause: error });
      await sleep(100);
    }
  }
};

/** `stop` is whoever started them's to know. */
export const connectPartners = (urls: PartnerUrls, stop: () => Promise<void>): Partners => ({
  urls,
  ledger: async () => (await (await call(`${urls.control}/ledger`)).json()) as LedgerPages,
  settings: async () => (await (await call(`${urls.control}/settings`)).json()) as PartnerSettings,
  control: async (patch) => {
    await call(`${urls.control}/control`, { method: 'POST', body: JSON.stringify(patch) });
  },
  reset: async () => {
    await call(`${urls.control}/ledger`, { method: 'DELETE' });
  },
  stop,
});
