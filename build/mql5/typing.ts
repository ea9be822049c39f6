import type { Node } from "web-tree-sitter";
import { overloadsOf, type Signature } from "./signatures.ts";
import {
  declaratorsOf,
  hasWord,
  type OwnFunction,
  readDeclarator,
  readParameters,
  type Symbols,
  simpleTypes,
  type Type,
  typeText,
} from "./symbols.ts";

/** What a call refers to. */
export type Callee =
  | { readonly kind: "own"; readonly candidates: readonly OwnFunction[] }
  | { readonly kind: "builtin"; readonly candidates: readonly Signature[] }
  | { readonly kind: "cast"; readonly type: string }
  | { readonly kind: "unknown"; readonly name: string };

const sizes: Readonly<Record<string, number>> = {
  bool: 1,
  char: 1,
  uchar: 1,
  short: 2,
  ushort: 2,
  int: 4,
  uint: 4,
  color: 4,
  long: 8,
  ulong: 8,
  datetime: 8,
};

/** True for the 8-byte integers. */
export function isLong(type: Type): boolean {
  return sizes[type.name] === 8 && !type.array;
}

/** True for integers of any size, `bool` and enumerations not among them. */
export function isInteger(type: Type): boolean {
  return sizes[type.name] !== undefined && type.name !== "bool" && !type.array;
}

/** Tells types of expressions, as far as the subset needs it. Undefined stands for "cannot tell". */
export class Typing {
  readonly #symbols: Symbols;

  constructor(symbols: Symbols) {
    this.#symbols = symbols;
  }

  /** True if a name is a type. */
  isType(name: string): boolean {
    return (
      simpleTypes.has(name) || this.#symbols.aggregates.has(name) || this.#symbols.enumerations.has(name)
    );
  }

  /** The class whose method the node stands in. */
  classAround(node: Node): string | undefined {
    let current: Node | null = node;
    while (current !== null) {
      if (current.type === "function_definition") {
        const name = current.childForFieldName("declarator")?.childForFieldName("declarator");
        if (name?.type === "qualified_identifier") return name.childForFieldName("scope")?.text;
      }
      if (current.type === "class_specifier" || current.type === "struct_specifier")
        return current.childForFieldName("name")?.text;
      current = current.parent;
    }
    return undefined;
  }

  /** The type of a member, looked for in the class and its bases. */
  member(owner: string, name: string): Type | undefined {
    let current: string | undefined = owner;
    while (current !== undefined) {
      const aggregate = this.#symbols.aggregates.get(current);
      const found = aggregate?.fields.get(name);
      if (found !== undefined) return found;
      current = aggregate?.base;
    }
    return undefined;
  }

  /** The methods of that name in the class and its bases. */
  methods(owner: string, name: string): readonly OwnFunction[] {
    let current: string | undefined = owner;
    while (current !== undefined) {
      const aggregate = this.#symbols.aggregates.get(current);
      const found = aggregate?.methods.filter((method) => method.name === name) ?? [];
      if (found.length > 0) return found;
      current = aggregate?.base;
    }
    return [];
  }

  /** The declaration of a local variable or parameter that is in force at the node. */
  local(name: string, at: Node): Type | undefined {
    let current: Node | null = at;
    while (current !== null) {
      const parent: Node | null = current.parent;
      if (parent?.type === "compound_statement" || parent?.type === "for_statement") {
        for (const sibling of parent.namedChildren) {
          if (sibling.startIndex > current.startIndex) break;
          const found = sibling.type === "declaration" ? declaredIn(sibling, name) : undefined;
          if (found !== undefined) return found;
        }
      }
      if (current.type === "function_definition") {
        const declarator = current.childForFieldName("declarator");
        const parameter =
          declarator === null ? undefined : readParameters(declarator).find((one) => one.name === name);
        return parameter?.type;
      }
      current = parent;
    }
    return undefined;
  }

  /** What a call expression calls. */
  callee(call: Node): Callee {
    const target = call.childForFieldName("function");
    if (target === null) return { kind: "unknown", name: "" };
    if (target.type === "parenthesized_expression") {
      const inner = target.namedChildren[0]?.text ?? "";
      return this.isType(inner) ? { kind: "cast", type: inner } : { kind: "unknown", name: inner };
    }
    if (target.type === "primitive_type" || this.isType(target.text))
      return { kind: "cast", type: target.text };
    if (target.type === "field_expression") {
      const object = target.childForFieldName("argument");
      const name = target.childForFieldName("field")?.text ?? "";
      const type = object === null ? undefined : this.typeOf(object);
      const found = type === undefined ? [] : this.methods(type.name, name);
      return found.length > 0 ? { kind: "own", candidates: found } : { kind: "unknown", name };
    }
    if (target.type === "qualified_identifier") {
      const scope = target.childForFieldName("scope")?.text ?? "";
      const name = target.childForFieldName("name")?.text ?? "";
      const found = this.methods(scope, name);
      return found.length > 0 ? { kind: "own", candidates: found } : { kind: "unknown", name: target.text };
    }
    const name = target.text;
    const owner = this.classAround(call);
    const methods = owner === undefined ? [] : this.methods(owner, name);
    if (methods.length > 0) return { kind: "own", candidates: methods };
    const own = this.#symbols.functions.filter((one) => one.name === name && one.owner === undefined);
    if (own.length > 0) return { kind: "own", candidates: own };
    const builtin = overloadsOf(name);
    return builtin.length > 0 ? { kind: "builtin", candidates: builtin } : { kind: "unknown", name };
  }

  /** The type of an expression. */
  typeOf(node: Node): Type | undefined {
    const plain = (name: string): Type => ({ name, array: false, constant: false });
    switch (node.type) {
      case "number_literal":
        return plain(/^0[xX]/.test(node.text) || !/[.eE]/.test(node.text) ? "int" : "double");
      case "string_literal":
        return plain("string");
      case "char_literal":
        return plain("ushort");
      case "true":
      case "false":
        return plain("bool");
      case "parenthesized_expression":
      case "condition_clause": {
        const inner = node.namedChildren[0];
        return inner == null ? undefined : this.typeOf(inner);
      }
      case "this": {
        const owner = this.classAround(node);
        return owner === undefined ? undefined : plain(owner);
      }
      case "identifier": {
        const owner = this.classAround(node);
        return (
          this.local(node.text, node) ??
          (owner === undefined ? undefined : this.member(owner, node.text)) ??
          this.#symbols.values.get(node.text)
        );
      }
      case "field_expression": {
        const object = node.childForFieldName("argument");
        const type = object === null ? undefined : this.typeOf(object);
        return type === undefined
          ? undefined
          : this.member(type.name, node.childForFieldName("field")?.text ?? "");
      }
      case "subscript_expression": {
        const object = node.childForFieldName("argument");
        const type = object === null ? undefined : this.typeOf(object);
        if (type === undefined) return undefined;
        return type.name === "string" && !type.array ? plain("ushort") : { ...type, array: false };
      }
      case "cast_expression":
        return plain(node.childForFieldName("type")?.text ?? "");
      case "call_expression": {
        const callee = this.callee(node);
        if (callee.kind === "cast") return plain(callee.type);
        if (callee.kind === "unknown") return undefined;
        const first =
          callee.kind === "own" ? callee.candidates[0]?.returns.name : this.#returns(node, callee);
        return first === undefined ? undefined : plain(first);
      }
      case "assignment_expression": {
        const left = node.childForFieldName("left");
        return left === null ? undefined : this.typeOf(left);
      }
      case "update_expression":
      case "unary_expression": {
        if (node.child(0)?.text === "!") return plain("bool");
        const argument = node.childForFieldName("argument");
        const type = argument === null ? undefined : this.typeOf(argument);
        return type === undefined || node.type === "update_expression" ? type : promote(type);
      }
      case "conditional_expression": {
        const one = node.childForFieldName("consequence");
        const other = node.childForFieldName("alternative");
        const a = one === null ? undefined : this.typeOf(one);
        const b = other === null ? undefined : this.typeOf(other);
        if (a === undefined || b === undefined) return undefined;
        return a.name === b.name ? a : arithmetic(a, b);
      }
      case "binary_expression":
        return this.#binary(node);
      default:
        return undefined;
    }
  }

  #returns(call: Node, callee: { readonly candidates: readonly Signature[] }): string | undefined {
    const count = call.childForFieldName("arguments")?.namedChildren.length ?? 0;
    const fitting = callee.candidates.find((one) => one.parameters.length === count) ?? callee.candidates[0];
    return fitting?.returns;
  }

  #binary(node: Node): Type | undefined {
    const operator = node.childForFieldName("operator")?.text ?? "";
    const bool: Type = { name: "bool", array: false, constant: false };
    if (["==", "!=", "<", ">", "<=", ">=", "&&", "||"].includes(operator)) return bool;
    const left = node.childForFieldName("left");
    const right = node.childForFieldName("right");
    if (left === null || right === null) return undefined;
    // `(uint)-1` reads as a subtraction to a grammar that does not know the type's name.
    const cast = left.type === "parenthesized_expression" ? left.namedChildren[0]?.text : undefined;
    if (cast !== undefined && this.isType(cast)) return { name: cast, array: false, constant: false };
    const a = this.typeOf(left);
    const b = this.typeOf(right);
    if (a === undefined || b === undefined) return undefined;
    if (operator === "<<" || operator === ">>") return promote(a);
    return arithmetic(a, b);
  }
}

function declaredIn(declaration: Node, name: string): Type | undefined {
  for (const declarator of declaratorsOf(declaration)) {
    const declared = readDeclarator(declarator);
    if (declared?.name === name)
      return { name: typeText(declaration), array: declared.array, constant: hasWord(declaration, "const") };
  }
  return undefined;
}

function promote(type: Type): Type {
  const size = sizes[type.name];
  return size !== undefined && size < 4
    ? { name: "int", array: false, constant: false }
    : { ...type, constant: false };
}

function arithmetic(a: Type, b: Type): Type {
  const plain = (name: string): Type => ({ name, array: false, constant: false });
  if (a.name === "string" || b.name === "string") return plain("string");
  if (a.name === "double" || b.name === "double") return plain("double");
  if (a.name === "float" || b.name === "float") return plain("float");
  const x = promote(a);
  const y = promote(b);
  const xSize = sizes[x.name] ?? 4;
  const ySize = sizes[y.name] ?? 4;
  if (xSize !== ySize) return xSize > ySize ? x : y;
  const unsigned = [x, y].find((one) => one.name === "uint" || one.name === "ulong");
  return unsigned ?? (sizes[x.name] === undefined ? plain("int") : x);
}
