/**
 * The two documents in force: rules, without which a pod consumes nothing, and merchants, without which it goes on
 * (with a line in the log). What the pipeline and the push worker ask of them is answered from memory.
 */
import type { Config } from '../config/config.ts';
import { createDocument, type PolledDocument, type ReloadResult } from '../documents/document.ts';
import { createS3 } from '../documents/s3-client.ts';
import type { FrozenPush } from '../domain/push.ts';
import type { Documents, Ruleset } from '../pipeline/ports.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import { parseMerchants, type Merchants } from '../rules/document/merchants.ts';
import { parseRules } from '../rules/document/parse-rules.ts';
import { withdrawalOf } from '../rules/merchant-limit.ts';
import type { Metrics } from '../telemetry/metrics.ts';

export interface PodDocuments {
  readonly documents: Documents;
  readonly rules: PolledDocument<Ruleset>;
  readonly merchants: PolledDocument<Merchants> | undefined;
  /** Why a push that was claimed must not be sent any more, by the documents in force now. */
  readonly isWithdrawn: (push: FrozenPush) => 'kill switch' | 'merchant' | undefined;
  /** Reads both again now. */
  readonly refresh: () => void;
  readonly stop: () => Promise<void>;
}

export interface DocumentPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** A new version is in force. */
  readonly onLoaded: () => void;
}

export function openDocuments(config: Config['documents'], ports: DocumentPorts): PodDocuments {
  const { clock, logger, metrics } = ports;
  const s3 = createS3({ endpoint: config.s3Endpoint, region: config.region, proxies: config.proxies });
  const shared = (name: 'rules' | 'merchants') => ({
    name,
    s3,
    pollMs: config.pollMs,
    clock,
    logger,
    onReload: (result: ReloadResult) => {
      metrics.count('document.reload', { document: name, result });
      if (result === 'loaded') ports.onLoaded();
    },
  });
  const rules = createDocument<Ruleset>({
    ...shared('rules'),
    uri: config.rulesUri,
    parse: (text, hash) => {
      const parsed = parseRules(text, hash);
      if (!parsed.ok) return parsed;
      return { ok: true, value: parsed.rules, version: parsed.rules.version };
    },
  });
  const merchants =
    config.merchantsUri === undefined
      ? undefined
      : createDocument<Merchants>({
          ...shared('merchants'),
          uri: config.merchantsUri,
          parse: (text) => {
            const parsed = parseMerchants(text);
            if (!parsed.ok) return parsed;
            return { ok: true, value: parsed.merchants, version: parsed.merchants.version };
          },
        });
  const findMerchant = (merchantId: string) => merchants?.current()?.find(merchantId);

  return {
    rules,
    merchants,
    documents: {
      rules: () => {
        const inForce = rules.current();
        if (inForce === undefined) throw new Error('an event was taken in before there were rules');
        return inForce;
      },
      findMerchant,
    },
    isWithdrawn: (push) => withdrawalOf(push, rules.current(), findMerchant),
    refresh: () => {
      void rules.refresh();
      void merchants?.refresh();
    },
    stop: async () => {
      await Promise.all([rules.stop(), merchants?.stop()]);
      s3.destroy();
    },
  };
}
