// What runs where, and why, for `gate.environment`. Plain function.
import type { Bundle } from './bundle.js';
import type { LocalRunner } from './local-runner.js';
import type { SluiceModule } from '../bindings/module.js';
import type { Target } from '../targets/target.js';
import type { Environment } from '../types.js';
import type { EngineSettings } from '../worker/protocol.js';

export function describeEnvironment(settings: EngineSettings, target: Target, bundle: Bundle, gate: SluiceModule, runner: LocalRunner): Environment {
  const choice = runner.choice ?? gate.choice;
  return {
    runtime: target.runtime,
    variant: choice.variant,
    simd: choice.simd,
    threads: choice.threads,
    reason: choice.reason,
    worker: settings.inWorker,
    engine: runner.choice === undefined ? 'none' : settings.engine,
    place: settings.asked,
    integrity: bundle.integrity,
    crossOriginIsolated: (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated ?? target.runtime === 'node',
    abiVersion: gate.abiVersion,
    stages: runner.stages,
  };
}
