// What a client pipeline is told at the start, down to the last number. None is left to the module's defaults, since a decision
// log is replayed with the very options that it was made with, and its first line has to name them all.
import type { BundleInfo, CostWeights, ModelPlace, Policy } from '../types.js';

/** What an engine chooses; see core/pipeline/client_options.hpp. */
export interface ClientChoices {
  readonly policy: Policy;
  readonly place: ModelPlace;
  readonly name: string;
  readonly maxInFlight?: number | undefined;
  readonly maxWaiting?: number | undefined;
  readonly budgetMs?: number | undefined;
  readonly privateAnswers?: boolean | undefined;
  readonly staleAnswerMs?: number | undefined;
  /** Whether inputs are placed, in modules that run full models; whether the model here runs beside requests then; the variant that does. */
  readonly placeForms?: boolean | undefined;
  readonly duplicate?: boolean | undefined;
  readonly standIn?: string | undefined;
  readonly leastAgreement?: number | undefined;
  /** Whether answers are chosen by what they cost, by these weights, with this share in time. */
  readonly choose?: boolean | undefined;
  readonly costs?: Required<CostWeights> | undefined;
  readonly keptInTime?: number | undefined;
  readonly livePromise?: boolean | undefined;
  /** With `stages`: the mean cost to come to, of the whole model's; 0: none. */
  readonly exitsMeanCost?: number | undefined;
  /** Whether the engine runs the model by stages, with its early exits. */
  readonly stages?: boolean | undefined;
  /** With `stages`: whether it runs those up to the bundle's cut and codes what they leave, for a server to go on from. */
  readonly cut?: boolean | undefined;
  readonly jitterSeed: number;
}

export interface ClientSettings extends Required<ClientChoices> {
  readonly maxInFlight: number;
  readonly maxWaiting: number;
  readonly budgetMs: number;
  readonly handshakeTimeoutMs: number;
  readonly pingIntervalMs: number;
  readonly pongTimeoutMs: number;
  readonly backoffFirstMs: number;
  readonly backoffMaxMs: number;
  readonly maxMessageBytes: number;
  readonly maxUnsentBytes: number;
  readonly privateAnswers: boolean;
  readonly staleAnswerMs: number;
  readonly placeForms: boolean;
  readonly duplicate: boolean;
  readonly standIn: string;
  readonly leastAgreement: number;
  readonly choose: boolean;
  readonly costs: Required<CostWeights>;
  readonly keptInTime: number;
  readonly livePromise: boolean;
  readonly auditSeed: number;
  readonly exitsMeanCost: number;
  readonly stages: boolean;
  readonly cut: boolean;
}

export function clientSettings(choices: ClientChoices): ClientSettings {
  return {
    ...choices,
    maxInFlight: choices.maxInFlight ?? 4,
    maxWaiting: choices.maxWaiting ?? 256,
    budgetMs: choices.budgetMs ?? 2000,
    handshakeTimeoutMs: 5000,
    pingIntervalMs: 10_000,
    pongTimeoutMs: 5000,
    backoffFirstMs: 250,
    backoffMaxMs: 15_000,
    maxMessageBytes: 16 << 20,
    maxUnsentBytes: 64 << 10,
    privateAnswers: choices.privateAnswers ?? false,
    staleAnswerMs: choices.staleAnswerMs ?? 0,
    placeForms: choices.placeForms ?? false,
    duplicate: choices.duplicate ?? false,
    standIn: choices.standIn ?? '',
    leastAgreement: choices.leastAgreement ?? 0,
    choose: choices.choose ?? false,
    costs: choices.costs ?? { perDeviceMs: 1, perKilobyte: 5, perServerMs: 1 },
    keptInTime: choices.keptInTime ?? 0.95,
    livePromise: choices.livePromise ?? false,
    auditSeed: choices.jitterSeed,
    exitsMeanCost: choices.exitsMeanCost ?? 0,
    stages: choices.stages ?? false,
    cut: choices.cut ?? false,
  };
}

/**
 * `halves`: channels that the device half codes; 0: none runs.
 * The first line of a decision log as `sluice replay` reads it; native/cli/decision_file.cpp is the other writer.
 */
export function recordedRun({ name, version, questions }: BundleInfo, asked: boolean, halves: number, settings: ClientSettings): string {
  return JSON.stringify({
    sluice_decisions: 1,
    bundle: name,
    version,
    questions: asked ? questions.map(({ kind }) => kind) : [],
    client_name: settings.name,
    queue: settings.policy,
    place: settings.place,
    max_in_flight: settings.maxInFlight,
    max_waiting: settings.maxWaiting,
    budget_ms: settings.budgetMs,
    handshake_timeout_ms: settings.handshakeTimeoutMs,
    ping_interval_ms: settings.pingIntervalMs,
    pong_timeout_ms: settings.pongTimeoutMs,
    backoff_first_ms: settings.backoffFirstMs,
    backoff_max_ms: settings.backoffMaxMs,
    jitter_seed: settings.jitterSeed,
    max_message_bytes: settings.maxMessageBytes,
    max_unsent_bytes: settings.maxUnsentBytes,
    private_answers: settings.privateAnswers ? 1 : 0,
    halves,
    stale_answer_ms: settings.staleAnswerMs,
    exits: settings.stages && settings.place !== 'remote' ? 1 : 0,
    cut: settings.cut ? 1 : 0,
    exits_mean_cost: Math.fround(settings.exitsMeanCost),
    least_agreement: Math.fround(settings.leastAgreement),
    ...(settings.placeForms ? { place_forms: 1, duplicate: settings.duplicate ? 1 : 0, stand_in: settings.standIn } : {}),
    ...(settings.choose
      ? {
          choose: 1,
          weigh_device_ms: settings.costs.perDeviceMs,
          weigh_kilobyte: settings.costs.perKilobyte,
          weigh_server_ms: settings.costs.perServerMs,
          kept_in_time: Math.fround(settings.keptInTime),
        }
      : {}),
    ...(settings.livePromise ? { live_promise: 1, audit_seed: settings.auditSeed, audit_budget_ms: 10_000, max_waiting_audits: 8 } : {}),
  });
}

/** The last line of a log that ends before its client did (core/pipeline/decision_log.hpp). */
export const logCutOff = '0 cut-off';
