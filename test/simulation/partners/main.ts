/**
 * The partners as a process of their own: for the demo and for compose. Everything by environment:
 *   HOST, COUPON_PORT, PUSH_PORT, AUTH_PORT, CONTROL_PORT   where they listen (0.0.0.0, 9001–9004)
 *   SEED                                                    whose city's shops they serve (1)
 *   AUTH_CLIENT_ID, AUTH_CLIENT_SECRET                      who may have a token; without them none is asked for
 *   SETTINGS                                                JSON, how they behave (see settings.ts; mild faults)
 */
import { createPartners } from './create-partners.ts';
import { MILD_SETTINGS, settingsPatch } from './settings.ts';

const { env } = process;
const port = (name: string, preset: number): number => {
  const value = Number(env[name] ?? preset);
  if (Number.isInteger(value) && value > 0 && value < 65_536) return value;
  throw new Error(`${name} must be a port, not ${JSON.stringify(env[name])}`);
};

const clientId = env['AUTH_CLIENT_ID'];
const clientSecret = env['AUTH_CLIENT_SECRET'];
const credentials =
  clientId === undefined || clientSecret === undefined ? undefined : { clientId, clientSecret };
const settings =
  env['SETTINGS'] === undefined ? MILD_SETTINGS : settingsPatch.parse(JSON.parse(env['SETTINGS']));

const partners = await createPartners({
  seed: env['SEED'] ?? '1',
  host: env['HOST'] ?? '0.0.0.0',
  ports: {
    couponApi: port('COUPON_PORT', 9001),
    pushApi: port('PUSH_PORT', 9002),
    auth: port('AUTH_PORT', 9003),
    control: port('CONTROL_PORT', 9004),
  },
  settings: { ...settings, auth: { required: credentials !== undefined, ...settings.auth } },
  ...(credentials === undefined ? {} : { credentials }),
});
console.log(JSON.stringify({ partners: partners.urls }));

const stop = (): void => {
  void partners.stop();
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
