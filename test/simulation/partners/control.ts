/**
 * The control port: how a test, the demo or a person at a terminal changes the partners and reads their ledger.
 *
 *   GET  /health         200 once they serve
 *   GET  /settings       how they behave
 *   POST /control        a change, e.g. {"pushApi":{"down":true}}
 *   GET  /ledger         everything; GET /ledger/pushes the push requests alone, as NDJSON
 *   DELETE /ledger       an empty book
 */
import { z } from 'zod';
import type { Handler } from './answering.ts';
import { answer, readBody } from './answering.ts';
import type { Partners } from './partners.ts';
import { settingsPatch, type SettingsPatch } from './settings.ts';

const readPatch = (body: string): SettingsPatch | string => {
  try {
    const parsed = settingsPatch.safeParse(JSON.parse(body));
    return parsed.success ? parsed.data : z.prettifyError(parsed.error);
  } catch (error) {
    return String(error);
  }
};

/** Serves the control port. */
export const createControl = (partners: Omit<Partners, 'urls' | 'stop'>): Handler => {
  const routes: Readonly<Record<string, (body: string) => Promise<{ status: number; body?: unknown }>>> = {
    'GET /health': async () => ({ status: 200, body: { ok: true } }),
    'GET /settings': async () => ({ status: 200, body: await partners.settings() }),
    'GET /ledger': async () => ({ status: 200, body: await partners.ledger() }),
    'GET /ledger/pushes': async () => {
      const { pushes } = await partners.ledger();
      return { status: 200, body: pushes.map((entry) => `${JSON.stringify(entry)}\n`).join('') };
    },
    'DELETE /ledger': async () => {
      await partners.reset();
      return { status: 204 };
    },
    'POST /control': async (body) => {
      const patch = readPatch(body);
      if (typeof patch === 'string') return { status: 400, body: { error: patch } };
      await partners.control(patch);
      return { status: 200, body: await partners.settings() };
    },
  };
  return (request, response) => {
    readBody(request, (body) => {
      if (body === undefined) return;
      const route = routes[`${request.method ?? ''} ${request.url ?? ''}`];
      if (route === undefined) {
        answer(response, 404, { error: 'no such resource', resources: Object.keys(routes) });
        return;
      }
      route(body).then(
        (result) => {
          answer(response, result.status, result.body);
        },
        (error: unknown) => {
          answer(response, 500, { error: String(error) });
        },
      );
    });
  };
};
