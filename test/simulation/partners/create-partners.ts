/**
 * The three partners in this process: coupon API, push API and auth server, each on a port of its own so that each
 * can be away alone, and a control port that is never away. The same object, over HTTP, is `connectPartners`.
 */
import { createRandom } from '../city/random.ts';
import { createShops, type Shop } from '../city/shops.ts';
import { findFreePorts } from '../services/free-ports.ts';
import type { Desk } from './answering.ts';
import { createAuthServer, type Credentials } from './auth-server.ts';
import { createControl } from './control.ts';
import { createCouponApi } from './coupon-api.ts';
import { createLedger } from './ledger.ts';
import type { Partners } from './partners.ts';
import { openPort } from './port.ts';
import { createPushApi } from './push-api.ts';
import { applyPatch, PERFECT, type SettingsPatch } from './settings.ts';
import { createStock } from './stock.ts';
import { createTokens } from './tokens.ts';

export type { Partners };

export interface PartnersOptions {
  readonly seed: number | string;
  /** Default: the shops of the seed's city. */
  readonly shops?: readonly Shop[];
  /** Default: perfect ones, see `settings.ts`. */
  readonly settings?: SettingsPatch;
  readonly credentials?: Credentials;
  readonly host?: string;
  /** Default: free ones. */
  readonly ports?: {
    readonly couponApi: number;
    readonly pushApi: number;
    readonly auth: number;
    readonly control: number;
  };
}

export const DEFAULT_CREDENTIALS: Credentials = { clientId: 'coupon-notifier', clientSecret: 'city-secret' };

const pickPorts = async (given: PartnersOptions['ports']): Promise<[number, number, number, number]> => {
  if (given !== undefined) return [given.couponApi, given.pushApi, given.auth, given.control];
  const [coupon = 0, push = 0, auth = 0, control = 0] = await findFreePorts(4);
  return [coupon, push, auth, control];
};

/** Starts the partners in this process. */
export const createPartners = async (options: PartnersOptions): Promise<Partners> => {
  let settings = applyPatch(PERFECT, options.settings ?? {});
  const ledger = createLedger();
  const tokens = createTokens(Date.now);
  const desk = (name: string): Desk => ({
    random: createRandom(`${options.seed}/partners/${name}`),
    ledger,
    tokens,
    settings: () => settings,
  });
  const host = options.host ?? '127.0.0.1';
  const findCoupons = createStock(options.shops ?? createShops(options.seed));
  const [couponPort, pushPort, authPort, controlPort] = await pickPorts(options.ports);
  const coupon = await openPort(createCouponApi(desk('coupon'), findCoupons, Date.now), host, couponPort);
  const push = await openPort(createPushApi(desk('push'), Date.now), host, pushPort);
  const auth = await openPort(
    createAuthServer(desk('auth'), options.credentials ?? DEFAULT_CREDENTIALS),
    host,
    authPort,
  );

  const applyDown = async (): Promise<void> => {
    const ports = [
      [coupon, settings.couponApi.down],
      [push, settings.pushApi.down],
      [auth, settings.auth.down],
    ] as const;
    await Promise.all(ports.map(([port, down]) => (down ? port.close() : port.open())));
  };
  const actions: Omit<Partners, 'urls' | 'stop'> = {
    ledger: async () => ledger.pages(),
    settings: async () => settings,
    async control(patch) {
      settings = applyPatch(settings, patch);
      if (patch.revokeTokens === true) tokens.revokeAll();
      await applyDown();
    },
    reset: async () => {
      ledger.reset();
    },
  };
  const control = await openPort(createControl(actions), host, controlPort);
  await applyDown();
  return {
    ...actions,
    urls: {
      couponApi: coupon.url,
      pushApi: push.url,
      authToken: `${auth.url}/token`,
      control: control.url,
    },
    async stop() {
      await Promise.all([coupon, push, auth, control].map((port) => port.close()));
    },
  };
};
