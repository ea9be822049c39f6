import { constants, enumerations } from "./constants.ts";
import { cppType } from "./rewrite.ts";
import { type Parameter, type Signature, signatures } from "./signatures.ts";
import { structures } from "./structures.ts";

/** The C++ declarations of the terminal's constants, enumerations and structures, from the reviewed tables. */
export function terminalHeader(): string {
  // <cstdio> has macros of these names; once it is in, it cannot come back.
  const macros = ["#include <cstdio>", "#undef SEEK_SET", "#undef SEEK_CUR", "#undef SEEK_END"];
  const lines = ["#pragma once", ...macros, "namespace mql {"];
  for (const item of enumerations) {
    const members = item.members.map(([name, value]) => `${name} = ${value}`).join(", ");
    const cases = item.members.map(([name]) => `case ${name}: return u"${name}"_s;`).join(" ");
    lines.push(`enum ${item.name} : int { ${members} };`);
    lines.push(
      `inline string EnumToString(${item.name} value) { switch (value) { ${cases} } ` +
        `return UnknownEnumerator(u"${item.name}"_s, int(value)); }`,
    );
  }
  for (const item of constants)
    lines.push(`constexpr ${cppType(item.type)} ${item.name} = ${cppType(item.type)}(${item.value});`);
  for (const item of structures) {
    const fields = item.fields.map(([type, name]) => `${cppType(type)} ${name};`).join(" ");
    const text = `struct ${item.name} { ${fields} };`;
    // Texts are pointers here and keep their alignment; no structure that holds one goes to a DLL.
    if (item.fields.some(([type]) => type === "string")) lines.push(text);
    else lines.push(`#pragma pack(push, 1)`, text, `#pragma pack(pop)`);
  }
  lines.push("}", "");
  return lines.join("\n");
}

function cppParameter(parameter: Parameter): string {
  const type = cppType(parameter.type);
  if (parameter.array) return `${parameter.constant ? "CRef" : "Ref"}<${type}>`;
  if (parameter.reference) return parameter.constant ? `const ${type} &` : `${type} &`;
  return type === "string" ? "const string &" : type;
}

function isGeneric(signature: Signature): boolean {
  return signature.variadic !== undefined || signature.parameters.some((one) => one.type === "any");
}

/** A translation unit that compiles only if the host's functions have the table's signatures. */
export function signatureProof(): string {
  const lines = ['#include "mql5.hpp"', "namespace mql {", "void SignatureProof() {"];
  for (const signature of signatures.filter((one) => !isGeneric(one))) {
    const parameters = signature.parameters.map(cppParameter).join(", ");
    const pointer = `${cppType(signature.returns)} (*)(${parameters})`;
    lines.push(`  static_cast<void>(static_cast<${pointer}>(&${signature.name}));`);
  }
  lines.push("}", "}", "");
  return lines.join("\n");
}
