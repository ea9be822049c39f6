/** A refusal of a request by the fake agent. */
export class Refusal extends Error {
  readonly code: string;
  readonly candidates: readonly string[] | undefined;
  constructor(code: string, message: string = code, candidates?: readonly string[]) {
    super(message);
    this.code = code;
    this.candidates = candidates;
  }
}
