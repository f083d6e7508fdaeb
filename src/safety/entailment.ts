/** A claim beside the quote that is said to support it. */
export interface Claim {
  /** As it stands in the source. */
  quote: string;
  /** What is claimed: a sentence, or a question with its answer behind it. */
  claim: string;
}

/** Does a quote support a claim? It judges by the texts alone and trusts no generator. */
export interface EntailmentChecker {
  /** Name and version, for traces and calibrators. */
  readonly checkerId: string;
  /** For each pair the probability that the quote supports the claim, 0..1, in the order of the input. `[]` for none. */
  entails(claims: readonly Claim[], signal: AbortSignal): Promise<number[]>;
}

/** The claim that an answer makes. */
export const claimOf = (question: string, answer: string): string => `${question} ${answer}`;
