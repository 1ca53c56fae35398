/** Kafka's address and login, as a pod and every command use it. */
import type { KafkaAddress } from '../config/kafka-address.ts';
import type { KafkaConnection } from '../kafka/client/client.ts';
import { keepToken } from '../kafka/client/kept-token.ts';
import type { KafkaLogin } from '../kafka/client/login.ts';
import { createTokenCall } from '../partners/auth/token-call.ts';
import { proxyFor, type ProxySettings } from '../partners/http/proxy.ts';
import type { Clock } from '../runtime/clock.ts';

export interface KafkaSurroundings {
  readonly clock: Clock;
  /** For the brokers' auth server; brokers themselves are reached directly. */
  readonly proxies: ProxySettings | undefined;
}

/** @param clientId as brokers' logs and quotas name the client. */
export function connectionTo(
  address: KafkaAddress,
  clientId: string,
  surroundings: KafkaSurroundings,
): KafkaConnection {
  const { brokers, ssl, login } = address;
  return { brokers, ssl, clientId, login: openLogin(login, surroundings) };
}

function openLogin(
  login: KafkaAddress['login'],
  { clock, proxies }: KafkaSurroundings,
): KafkaLogin | undefined {
  if (login?.mechanism !== 'oauthbearer') return login;
  const { tokenUrl: url, clientId, clientSecret } = login;
  const call = createTokenCall({ url, clientId, clientSecret, proxy: proxyFor(url, proxies) });
  const ask = async () => {
    const granted = await call.ask();
    if (!granted.ok) throw new Error(`KAFKA_OAUTH_TOKEN_URL: ${granted.error}`);
    return granted;
  };
  return { mechanism: 'oauthbearer', token: keepToken(ask, clock) };
}
