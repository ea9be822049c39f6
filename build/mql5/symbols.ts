import type { Node } from "web-tree-sitter";
import { constants, enumerations } from "./constants.ts";
import type { Program, SourceFile } from "./source.ts";
import { structures } from "./structures.ts";

/** A type as an expression or a declaration has it. */
export interface Type {
  /** `int`, `string`, an enumeration, a class or a structure. */
  readonly name: string;
  readonly array: boolean;
  readonly constant: boolean;
}

/** A parameter of a function of ours. */
export interface OwnParameter {
  readonly name: string;
  readonly type: Type;
  readonly reference: boolean;
  readonly optional: boolean;
  readonly node: Node;
}

/** A function or method of ours, or one imported from a DLL. */
export interface OwnFunction {
  readonly name: string;
  readonly returns: Type;
  readonly parameters: readonly OwnParameter[];
  /** The class of a method. */
  readonly owner: string | undefined;
  readonly constant: boolean;
  readonly virtual: boolean;
  /** The DLL of an import. */
  readonly dll: string | undefined;
  readonly node: Node;
  readonly file: SourceFile;
}

/** A class or structure. */
export interface Aggregate {
  readonly name: string;
  readonly kind: "class" | "struct";
  readonly base: string | undefined;
  readonly fields: ReadonlyMap<string, Type>;
  readonly methods: readonly OwnFunction[];
  /** Undefined for a structure of the terminal. */
  readonly node: Node | undefined;
  readonly file: SourceFile | undefined;
}

/** What a program declares outside function bodies. */
export interface Symbols {
  readonly aggregates: ReadonlyMap<string, Aggregate>;
  /** Enumeration by name, with its members. */
  readonly enumerations: ReadonlyMap<string, readonly string[]>;
  /** Types of enumeration members, named constants, macros and globals. */
  readonly values: ReadonlyMap<string, Type>;
  /** Names among `values` that are no variables. */
  readonly constantNames: ReadonlySet<string>;
  readonly functions: readonly OwnFunction[];
}

/** Types that need no declaration. */
export const simpleTypes: ReadonlySet<string> = new Set([
  "void",
  "bool",
  "char",
  "uchar",
  "short",
  "ushort",
  "int",
  "uint",
  "long",
  "ulong",
  "float",
  "double",
  "string",
  "datetime",
  "color",
]);

/** The text of a declaration's type, without qualifiers. */
export function typeText(node: Node): string {
  return node.childForFieldName("type")?.text ?? "";
}

/** True if a declaration has the qualifier or storage class. */
export function hasWord(node: Node, word: string): boolean {
  return node.children.some(
    (child) =>
      (child.type === "type_qualifier" ||
        child.type === "storage_class_specifier" ||
        child.type === "virtual") &&
      child.text === word,
  );
}

/** What a declarator declares. */
export interface Declared {
  readonly name: string;
  readonly array: boolean;
  readonly reference: boolean;
  readonly nameNode: Node;
}

/** Unwraps a declarator down to its name. */
export function readDeclarator(node: Node): Declared | undefined {
  let array = false;
  let reference = false;
  let current: Node | null = node;
  while (current !== null) {
    switch (current.type) {
      case "identifier":
      case "field_identifier":
        return { name: current.text, array, reference, nameNode: current };
      case "array_declarator":
        array = true;
        current = current.childForFieldName("declarator");
        break;
      case "reference_declarator":
        reference = true;
        current = current.namedChildren.find((child) => child !== null) ?? null;
        break;
      case "init_declarator":
        current = current.childForFieldName("declarator");
        break;
      default:
        return undefined;
    }
  }
  return undefined;
}

/** The declarators of a declaration. */
export function declaratorsOf(node: Node): readonly Node[] {
  return node.childrenForFieldName("declarator").filter((child): child is Node => child !== null);
}

/** The parameters of a function declarator; `(void)` has none. */
export function readParameters(declarator: Node): readonly OwnParameter[] {
  const list = declarator.childForFieldName("parameters");
  if (list === null) return [];
  const out: OwnParameter[] = [];
  for (const node of list.namedChildren) {
    if (node.type !== "parameter_declaration" && node.type !== "optional_parameter_declaration") continue;
    const inner = node.childForFieldName("declarator");
    const declared = inner === null ? undefined : readDeclarator(inner);
    if (inner === null && typeText(node) === "void") continue;
    out.push({
      name: declared?.name ?? "",
      type: { name: typeText(node), array: declared?.array ?? false, constant: hasWord(node, "const") },
      reference: declared?.reference ?? false,
      optional: node.type === "optional_parameter_declaration",
      node,
    });
  }
  return out;
}

/** The function declarator below a declaration or definition, if it has one. */
export function functionDeclarator(node: Node): Node | undefined {
  const declarator = node.childForFieldName("declarator");
  return declarator?.type === "function_declarator" ? declarator : undefined;
}

/** Reads a function declaration or definition. */
export function readFunction(
  node: Node,
  file: SourceFile,
  owner: string | undefined,
  dll: string | undefined,
): OwnFunction | undefined {
  const declarator = functionDeclarator(node);
  if (declarator === undefined) return undefined;
  const nameNode = declarator.childForFieldName("declarator");
  if (nameNode === null) return undefined;
  let name = nameNode.text;
  let scope = owner;
  if (nameNode.type === "qualified_identifier") {
    scope = nameNode.childForFieldName("scope")?.text;
    name = nameNode.childForFieldName("name")?.text ?? name;
  }
  return {
    name,
    returns: { name: typeText(node), array: false, constant: hasWord(node, "const") },
    parameters: readParameters(declarator),
    owner: scope,
    constant: declarator.children.some((child) => child.type === "type_qualifier" && child.text === "const"),
    virtual: hasWord(node, "virtual"),
    dll,
    node,
    file,
  };
}

function readAggregate(node: Node, file: SourceFile): Aggregate | undefined {
  const name = node.childForFieldName("name")?.text;
  const body = node.childForFieldName("body");
  if (name === undefined || body === null) return undefined;
  const fields = new Map<string, Type>();
  const methods: OwnFunction[] = [];
  for (const member of body.namedChildren) {
    const method = readFunction(member, file, name, undefined);
    if (method !== undefined) {
      methods.push(method);
    } else if (member.type === "field_declaration") {
      for (const declarator of declaratorsOf(member)) {
        const declared = readDeclarator(declarator);
        if (declared !== undefined)
          fields.set(declared.name, {
            name: typeText(member),
            array: declared.array,
            constant: hasWord(member, "const"),
          });
      }
    }
  }
  const bases = node.children.find((child) => child.type === "base_class_clause");
  const base = bases?.namedChildren.find((child) => child.type === "type_identifier")?.text;
  const kind = node.type === "struct_specifier" ? "struct" : "class";
  return { name, kind, base, fields, methods, node, file };
}

function macroType(value: string): Type {
  const cast = /^\(+(\w+)\)/.exec(value)?.[1];
  const name = cast ?? (value.startsWith('"') ? "string" : /^-?\d+\.\d/.test(value) ? "double" : "int");
  return { name, array: false, constant: true };
}

/** Collects what a program declares. */
export function collectSymbols(program: Program): Symbols {
  const aggregates = new Map<string, Aggregate>();
  const enums = new Map<string, readonly string[]>();
  const values = new Map<string, Type>();
  const constantNames = new Set<string>();
  const functions: OwnFunction[] = [];
  const plain = (name: string): Type => ({ name, array: false, constant: true });

  for (const item of structures) {
    const fields = new Map(
      item.fields.map(([type, name]): [string, Type] => [
        name,
        { name: type, array: false, constant: false },
      ]),
    );
    aggregates.set(item.name, {
      name: item.name,
      kind: "struct",
      base: undefined,
      fields,
      methods: [],
      node: undefined,
      file: undefined,
    });
  }
  for (const item of enumerations) {
    enums.set(
      item.name,
      item.members.map(([name]) => name),
    );
    for (const [name] of item.members) values.set(name, plain(item.name));
    for (const [name] of item.members) constantNames.add(name);
  }
  for (const item of constants) {
    values.set(item.name, plain(item.type));
    constantNames.add(item.name);
  }

  for (const file of program.files) {
    for (const block of file.imports) {
      for (const node of block.tree.rootNode.namedChildren) {
        const imported = readFunction(node, file, undefined, block.dll);
        if (imported !== undefined) functions.push(imported);
      }
    }
    for (const node of file.tree.rootNode.namedChildren) {
      if (node.type === "class_specifier" || node.type === "struct_specifier") {
        const aggregate = readAggregate(node, file);
        if (aggregate !== undefined) aggregates.set(aggregate.name, aggregate);
      } else if (node.type === "enum_specifier") {
        const name = node.childForFieldName("name")?.text ?? "";
        const members = node
          .descendantsOfType("enumerator")
          .map((member) => member.childForFieldName("name")?.text ?? "");
        enums.set(name, members);
        for (const member of members) values.set(member, plain(name));
        for (const member of members) constantNames.add(member);
      } else if (node.type === "preproc_def") {
        const name = node.childForFieldName("name")?.text ?? "";
        values.set(name, macroType(node.childForFieldName("value")?.text.trim() ?? ""));
        constantNames.add(name);
      } else {
        const own = readFunction(node, file, undefined, undefined);
        if (own !== undefined) functions.push(own);
        else if (node.type === "declaration") {
          for (const declarator of declaratorsOf(node)) {
            const declared = readDeclarator(declarator);
            if (declared !== undefined)
              values.set(declared.name, {
                name: typeText(node),
                array: declared.array,
                constant: hasWord(node, "const"),
              });
          }
        }
      }
    }
  }
  return { aggregates, enumerations: enums, values, constantNames, functions };
}
