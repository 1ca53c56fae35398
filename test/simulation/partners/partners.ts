/** The partners as their users see them, whether they run in this process or in another. */
import type { LedgerPages } from './ledger.ts';
import type { PartnerSettings, SettingsPatch } from './settings.ts';

export interface PartnerUrls {
  readonly couponApi: string;
  readonly pushApi: string;
  /** The whole token URL. */
  readonly authToken: string;
  readonly control: string;
}

/** Partners, here or in another process. */
export interface Partners {
  readonly urls: PartnerUrls;
  ledger(): Promise<LedgerPages>;
  settings(): Promise<PartnerSettings>;
  /** Changes how they behave from now on; resolves once it is in force. */
  control(patch: SettingsPatch): Promise<void>;
  /** Empties the ledger. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}
