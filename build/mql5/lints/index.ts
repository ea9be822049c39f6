import { describeFault, type Fault } from "../fault.ts";
import { type Program, positionOf, type SourceFile } from "../source.ts";
import type { Symbols } from "../symbols.ts";
import { Typing } from "../typing.ts";
import { bannedWords } from "./l01-banned-words.ts";
import { escapes } from "./l02-escapes.ts";
import { sizedParameters } from "./l03-sized-parameters.ts";
import { numberLiterals } from "./l04-number-literals.ts";
import { referenceDefaults } from "./l05-reference-defaults.ts";
import { mixedDeclarators } from "./l06-mixed-declarators.ts";
import { inputs } from "./l07-inputs.ts";
import { fileForm } from "./l08-file-form.ts";
import { dimensions } from "./l09-dimensions.ts";
import { names } from "./l10-names.ts";
import { reviewedKinds } from "./l11-node-kinds.ts";
import { byValue } from "./l12-by-value.ts";
import { lvalues } from "./l13-lvalues.ts";
import { sideEffects } from "./l14-side-effects.ts";
import { overloads } from "./l15-overloads.ts";
import { structureRules } from "./l16-structures.ts";
import { enumerationRules } from "./l17-enumerations.ts";
import { initialisers } from "./l18-initialisers.ts";
import { cases } from "./l19-cases.ts";
import { wrappedFunctions } from "./l20-wrapped-functions.ts";
import { calls } from "./l21-calls.ts";
import { pointers } from "./l22-pointers.ts";
import { formats } from "./l23-formats.ts";
import { results } from "./l24-results.ts";
import type { Lint } from "./lint.ts";

/** All rules, in order. */
export const lints: readonly Lint[] = [
  bannedWords,
  escapes,
  sizedParameters,
  numberLiterals,
  referenceDefaults,
  mixedDeclarators,
  inputs,
  fileForm,
  dimensions,
  names,
  reviewedKinds,
  byValue,
  lvalues,
  sideEffects,
  overloads,
  structureRules,
  enumerationRules,
  initialisers,
  cases,
  wrappedFunctions,
  calls,
  pointers,
  formats,
  results,
];

/** Runs all rules over a program. */
export function lint(program: Program, symbols: Symbols): readonly Fault[] {
  const faults: Fault[] = [...program.faults];
  const typing = new Typing(symbols);
  const seen = new Set(faults.map(describeFault));
  for (const one of lints) {
    one.check({
      program,
      symbols,
      typing,
      report(file: SourceFile, place, message): void {
        const offset = typeof place === "number" ? place : place.startIndex;
        const fault: Fault = { rule: one.rule, path: file.path, ...positionOf(file.text, offset), message };
        const key = describeFault(fault);
        if (!seen.has(key)) faults.push(fault);
        seen.add(key);
      },
    });
  }
  return faults;
}
