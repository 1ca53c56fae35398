/**
 * What a delivery needs of the world. The records in Redis, the push API, the documents and the outcome topic are
 * other rooms' business; whoever composes the pod hands them in.
 */
import type { DeliveryOutcome, EndedPush, SendCall, SendResult } from '../domain/delivery.ts';
import type { EndedEnvelope, FrozenPush } from '../domain/push.ts';

export interface PushSender {
  send(push: FrozenPush, call: SendCall): Promise<SendResult>;
}

/** Why a push that was claimed must not be sent any more. */
export type Withdrawal = 'kill switch' | 'merchant';

export interface SendGuard {
  /** The flag in Redis. Rejects with `UnavailableError` where it can't be read: then nothing is sent. */
  killSwitch(): Promise<boolean>;
  /** By the documents in force: disabled rules, an inactive or denied merchant. */
  isWithdrawn(push: FrozenPush): Withdrawal | undefined;
}

/** A pace that all pods share. */
export interface SendRate {
  /** Takes the next place. @returns ms until it. Rejects with `UnavailableError` where Redis is away. */
  reserve(): Promise<number>;
}

export interface DeliveryMeter {
  /** Once a push, and never by two pods. Must not throw. */
  delivered(outcome: DeliveryOutcome, envelope: EndedEnvelope): void;
}

/** Publishes an outcome, marks it as published, and counts it if nobody did before. */
export type ReportOutcome = (ended: EndedPush) => Promise<void>;
