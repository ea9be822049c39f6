/** The rules that MQL5 sources are held to; see the module of each in `lints/`. */
export type Rule =
  | "L01"
  | "L02"
  | "L03"
  | "L04"
  | "L05"
  | "L06"
  | "L07"
  | "L08"
  | "L09"
  | "L10"
  | "L11"
  | "L12"
  | "L13"
  | "L14"
  | "L15"
  | "L16"
  | "L17"
  | "L18"
  | "L19"
  | "L20"
  | "L21"
  | "L22"
  | "L23"
  | "L24";

/** One place where a source breaks a rule. */
export interface Fault {
  readonly rule: Rule;
  /** Path below the MQL5 folder. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  readonly message: string;
}

/** One line per fault, as compilers print them. */
export function describeFault(fault: Fault): string {
  return `${fault.path}:${fault.line}:${fault.column}: ${fault.rule} ${fault.message}`;
}
