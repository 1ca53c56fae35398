/** The autoscaler of deploy/kubernetes, as the file says it. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Autoscaler, ScalingRules } from './autoscaler.ts';

export const SCALED_OBJECT = 'deploy/kubernetes/overlays/keda/scaled-object.yaml';

interface ScaledObject {
  readonly spec: {
    readonly minReplicaCount: number;
    readonly maxReplicaCount: number;
    readonly triggers: readonly [
      { readonly metadata: { readonly query: string; readonly threshold: string } },
    ];
    readonly advanced: {
      readonly horizontalPodAutoscalerConfig: {
        readonly behavior: { readonly scaleUp: ScalingRules; readonly scaleDown: ScalingRules };
      };
    };
  };
}

/** @returns also the gauge whose sum the trigger asks for, without the service's prefix. */
export function readScaledObject(): { readonly autoscaler: Autoscaler; readonly gauge: string } {
  const { spec } = parse(readFileSync(SCALED_OBJECT, 'utf8')) as ScaledObject;
  const [{ metadata }] = spec.triggers;
  const gauge = /^sum\(coupon_notifier_(\w+)\{/.exec(metadata.query)?.[1];
  if (gauge === undefined) throw new Error(`${SCALED_OBJECT}: the query is no sum of a gauge of ours`);
  return {
    autoscaler: {
      threshold: Number(metadata.threshold),
      ...{ min: spec.minReplicaCount, max: spec.maxReplicaCount },
      ...spec.advanced.horizontalPodAutoscalerConfig.behavior,
    },
    gauge,
  };
}
