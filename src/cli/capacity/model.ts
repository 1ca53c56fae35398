/**
 * What one pod gets done, and what a load asks of the parts around it: products of what was measured for one event. A
 * pod is as fast as the first of its CPU, its coupon calls and its push calls allows.
 */
import type { Figures } from './figures.ts';

/** What comes in, and how partners answer. */
export interface Load {
  /** > 0. */
  readonly eventsPerSecond: number;
  /** Of a record's value in Kafka. */
  readonly eventBytes: number;
  /** Part of all events for which the coupon API is asked, 0 to 1. */
  readonly askedShare: number;
  /** In an answer, on average. */
  readonly couponsPerAnswer: number;
  /** Part of all events that become a push, 0 to {@link askedShare}. */
  readonly pushShare: number;
  readonly coupon: Latency;
  readonly push: Latency;
}

/** Of a partner's calls, ms; taken as lognormal. */
export interface Latency {
  readonly p50Ms: number;
  /** ≥ `p50Ms`. */
  readonly p99Ms: number;
}

export interface Pod {
  /** `COUPON_API_CONCURRENCY`. */
  readonly poolSize: number;
  /** `PUSH_API_CONCURRENCY`. */
  readonly pushConcurrency: number;
  /** Of its CPU, against the one that was measured: 1 is as fast. */
  readonly speed: number;
}

/** Of a normal distribution's 99th percentile. */
const Z99 = 2.326;

/** @returns ms. Half of the calls are shorter than the median, the few long ones make the mean longer. */
export function meanMs({ p50Ms, p99Ms }: Latency): number {
  const sigma = Math.log(p99Ms / p50Ms) / Z99;
  return p50Ms * Math.exp(sigma ** 2 / 2);
}

/** Of an average event of the load, µs. */
export function cpuMicros(load: Load, figures: Figures): number {
  return perEvent(load, figures.filteredCpu, figures.calledCpu, figures.pushCpu) + ofCoupons(load, figures);
}

export function redisMicros(load: Load, figures: Figures): number {
  return perEvent(load, figures.filteredRedis, figures.calledRedis, figures.pushRedis);
}

export function redisCommands(load: Load, figures: Figures): number {
  return perEvent(load, figures.filteredCommands, figures.calledCommands, figures.pushCommands);
}

function perEvent({ askedShare, pushShare }: Load, filtered: number, called: number, push: number): number {
  return (1 - askedShare) * filtered + askedShare * called + pushShare * push;
}

function ofCoupons({ askedShare, couponsPerAnswer }: Load, { couponCpu }: Figures): number {
  return askedShare * couponsPerAnswer * couponCpu;
}

/** Coupon calls that are open at once, on average: Little's law. */
export function callsInFlight({ eventsPerSecond, askedShare, coupon }: Load): number {
  return (eventsPerSecond * askedShare * meanMs(coupon)) / 1000;
}

/** Events a second at which each part of one pod gives out; Infinity where the load does not ask for it. */
export interface PodRates {
  readonly cpu: number;
  readonly pool: number;
  readonly pushes: number;
}

export function podRates(load: Load, { poolSize, pushConcurrency, speed }: Pod, figures: Figures): PodRates {
  const { askedShare, pushShare, coupon, push } = load;
  return {
    cpu: (figures.podCores * speed * 1e6) / cpuMicros(load, figures),
    pool: quotient(figures.poolReached * poolSize, (askedShare * meanMs(coupon)) / 1000),
    pushes: quotient(pushConcurrency, (pushShare * meanMs(push)) / 1000),
  };
}

/** Events a second that one pod gets done. */
export function podRate(load: Load, pod: Pod, figures: Figures): number {
  const { cpu, pool, pushes } = podRates(load, pod, figures);
  return Math.min(cpu, pool, pushes);
}

export function quotient(a: number, b: number): number {
  return b === 0 ? Infinity : a / b;
}

/** Places that hold so many calls 99 times of a hundred: open calls come and go at random. */
export function placesFor(inFlight: number): number {
  return inFlight + Z99 * Math.sqrt(inFlight);
}
