// What an accuracy target leaves to each question: which share of the frames may differ because of it, as the core shares it out
// (core/pipeline/error_budget.hpp). A question without a threshold that strict answers nothing, and passes its share on.
import type { QuestionInfo } from 'sluice';

export interface Spending {
  /** 'skip', ... */
  readonly kind: string;
  /** Of the frames; 0 for a question that answers nothing. */
  readonly share: number;
}

const kRounding = 1e-5;

export function spendingOf(questions: readonly QuestionInfo[], target: number): readonly Spending[] {
  const whole = questions.reduce((sum, { errorShare }) => sum + errorShare, 0);
  let left = 0;
  return questions.map(({ kind, errorShare, operatingPoints }) => {
    const offered = ((1 - target) * errorShare) / whole + left;
    const point = operatingPoints.find((one) => 1 - one.target <= offered + kRounding);
    const share = point === undefined ? 0 : 1 - point.target;
    left = Math.max(0, offered - share);
    return { kind, share };
  });
}
