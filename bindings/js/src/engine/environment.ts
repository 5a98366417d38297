// What runs where, and why, for `gate.environment`. Plain function.
import type { Bundle } from './bundle.js';
import type { LocalRunner } from './local-runner.js';
import type { SluiceModule } from '../bindings/module.js';
import type { Target } from '../targets/target.js';
import type { Environment } from '../types.js';
import type { EngineSettings } from '../worker/protocol.js';

/** What runs models here, if anything does. */
export interface Runners {
  readonly model: LocalRunner;
  readonly standIn: LocalRunner | undefined;
}

export function describeEnvironment(settings: EngineSettings, target: Target, bundle: Bundle, gate: SluiceModule, runners: Runners): Environment {
  const { model, standIn } = runners;
  const runs = model.choice ?? standIn?.choice;
  const choice = runs ?? gate.choice;
  return {
    runtime: target.runtime,
    variant: choice.variant,
    simd: choice.simd,
    threads: choice.threads,
    reason: choice.reason,
    worker: settings.inWorker,
    engine: runs === undefined ? 'none' : settings.engine,
    place: settings.asked,
    integrity: bundle.integrity,
    crossOriginIsolated: (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated ?? target.runtime === 'node',
    abiVersion: gate.abiVersion,
    stages: model.stages,
  };
}
