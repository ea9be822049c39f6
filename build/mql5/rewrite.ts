import type { Node } from "web-tree-sitter";
import type { SourceFile } from "./source.ts";
import {
  declaratorsOf,
  hasWord,
  type OwnFunction,
  readDeclarator,
  type Symbols,
  typeText,
} from "./symbols.ts";

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const charEscapes: Readonly<Record<string, number>> = { "\\": 92, '"': 34, "'": 39, n: 10, r: 13, t: 9 };

/** The C++ name of a type: `long` has 32 bits on Windows, and `char` may have no sign. */
export function cppType(name: string): string {
  if (name === "long") return "mlong";
  if (name === "char") return "mchar";
  return name;
}

function charCode(literal: string): number {
  const inner = literal.slice(1, -1);
  return inner.startsWith("\\") ? (charEscapes[inner[1] ?? ""] ?? 0) : inner.charCodeAt(0);
}

/**
 * Whether a structure holds nothing but numbers. Only such a one is laid out as MQL5 does, without padding: it may go to
 * a DLL. Texts and dynamic arrays are pointers here, which must stand at addresses that are theirs, or the leak
 * detector does not find them.
 */
function isPlain(name: string, symbols: Symbols): boolean {
  const aggregate = symbols.aggregates.get(name);
  if (aggregate === undefined) return true;
  if (aggregate.kind === "class") return false;
  const members = aggregate.node?.descendantsOfType("field_declaration").flatMap(declaratorsOf) ?? [];
  const isDynamic = (node: Node): boolean =>
    node.type === "array_declarator" && node.childForFieldName("size") === null;
  if (members.some(isDynamic)) return false;
  if (aggregate.base !== undefined && !isPlain(aggregate.base, symbols)) return false;
  return [...aggregate.fields.values()].every(
    (field) => field.name !== "string" && (field.name === name || isPlain(field.name, symbols)),
  );
}

/** Rewrites what stands behind a `#define`, which the grammar leaves as text. */
function rewriteMacro(text: string): string {
  return text
    .replace(/"[^"]*"/g, (literal) => `u${literal}_s`)
    .replace(/'(\\.|[^'])'/g, (literal) => `ushort(${charCode(literal)})`)
    .replace(/\blong\b/g, "mlong")
    .replace(/\bchar\b/g, "mchar");
}

/** Turns one prepared file into C++, line for line. */
class FileRewriter {
  readonly #file: SourceFile;
  readonly #symbols: Symbols;
  readonly #edits: Edit[] = [];

  constructor(file: SourceFile, symbols: Symbols) {
    this.#file = file;
    this.#symbols = symbols;
  }

  rewrite(): string {
    this.#visit(this.#file.tree.rootNode);
    for (const block of this.#file.imports) {
      const imported = this.#symbols.functions.filter(
        (own) => own.file === this.#file && own.dll === block.dll,
      );
      this.#insert(block.start, imported.map(rewriteImport).join(" "));
    }
    const edits = this.#edits.sort((a, b) => a.start - b.start || a.end - b.end);
    let out = "";
    let at = 0;
    for (const edit of edits) {
      if (edit.start < at)
        throw new Error(`Cannot rewrite ${this.#file.path}: edits overlap at ${edit.start}`);
      out += this.#file.code.slice(at, edit.start) + edit.text;
      at = edit.end;
    }
    return out + this.#file.code.slice(at);
  }

  #replace(node: Node, text: string): void {
    this.#edits.push({ start: node.startIndex, end: node.endIndex, text });
  }

  #insert(offset: number, text: string): void {
    this.#edits.push({ start: offset, end: offset, text });
  }

  #visit(node: Node): void {
    switch (node.type) {
      case "comment":
        return;
      case "string_literal":
        this.#insert(node.startIndex, "u");
        this.#insert(node.endIndex, "_s");
        return;
      case "char_literal":
        this.#replace(node, `ushort(${charCode(node.text)})`);
        return;
      case "sized_type_specifier":
      case "primitive_type":
        if (cppType(node.text) !== node.text) this.#replace(node, cppType(node.text));
        return;
      case "preproc_def": {
        const value = node.childForFieldName("value");
        if (value !== null) this.#replace(value, rewriteMacro(value.text));
        return;
      }
      case "function_definition": {
        // MetaQuotes repeat `static` where a method is defined; C++ forbids it there.
        const name = node.childForFieldName("declarator")?.childForFieldName("declarator");
        const word = node.children.find((child) => child.type === "storage_class_specifier");
        if (name?.type === "qualified_identifier" && word !== undefined) this.#replace(word, "");
        break;
      }
      case "parameter_declaration":
      case "optional_parameter_declaration":
        if (this.#arrayParameter(node)) return;
        break;
      case "declaration":
      case "field_declaration":
        this.#declaration(node);
        return;
      case "field_expression":
        if (node.childForFieldName("argument")?.type === "this") {
          const dot = node.children.find((child) => child.type === ".");
          if (dot !== undefined) this.#replace(dot, "->");
        }
        break;
      case "struct_specifier":
        if (!isPlain(node.childForFieldName("name")?.text ?? "", this.#symbols)) break;
        this.#insert(node.startIndex, '_Pragma("pack(push,1)") ');
        this.#insert(this.#behindSemicolon(node), ' _Pragma("pack(pop)")');
        break;
      case "enum_specifier":
        this.#enumeration(node);
        break;
      default:
        break;
    }
    for (const child of node.children) this.#visit(child);
  }

  #behindSemicolon(node: Node): number {
    return this.#file.masked.indexOf(";", node.endIndex) + 1;
  }

  #arrayParameter(node: Node): boolean {
    const declarator = node.childForFieldName("declarator");
    const declared = declarator === null ? undefined : readDeclarator(declarator);
    if (declared?.array !== true) return false;
    const kind = hasWord(node, "const") ? "CRef" : "Ref";
    this.#replace(node, `${kind}<${cppType(typeText(node))}> ${declared.name}`);
    return true;
  }

  #enumeration(node: Node): void {
    const name = node.childForFieldName("name");
    if (name === null) return;
    this.#insert(name.endIndex, " : int");
    const cases = node
      .descendantsOfType("enumerator")
      .map((member) => member.childForFieldName("name")?.text ?? "")
      .map((label) => `case ${label}: return u"${label}"_s; `)
      .join("");
    this.#insert(
      this.#behindSemicolon(node),
      ` inline string EnumToString(${name.text} value) { switch(value) { ${cases}} return UnknownEnumerator(u"${name.text}"_s,int(value)); }`,
    );
  }

  #declaration(node: Node): void {
    const type = node.childForFieldName("type");
    const declarators = declaratorsOf(node);
    const global = node.parent?.type === "translation_unit";
    const input = this.#file.inputs.find((one) => node.startIndex >= one.start && node.endIndex <= one.end);
    const arrayed = declarators.find((one) => readDeclarator(one)?.array === true);
    let typeName = type === null ? "" : cppType(type.text);
    if (type !== null && arrayed !== undefined) {
      typeName = this.#array(type, arrayed);
    } else {
      for (const child of node.children) {
        if (declarators.every((one) => one.startIndex !== child.startIndex)) this.#visit(child);
      }
    }
    if (input !== undefined) this.#insert(node.startIndex, "static const ");
    for (const declarator of declarators) {
      const declared = readDeclarator(declarator);
      if (declarator.type === "init_declarator") {
        const value = declarator.childForFieldName("value");
        if (value === null) continue;
        if (input !== undefined) {
          this.#insert(value.startIndex, `Input<${typeName}>(u"${input.name}"_s,`);
          this.#visit(value);
          this.#insert(value.endIndex, ")");
        } else {
          this.#visit(value);
        }
      } else if (declarator.type === "function_declarator") {
        this.#visit(declarator);
      } else if (
        global &&
        declared !== undefined &&
        (declared.array || this.#symbols.aggregates.has(type?.text ?? ""))
      ) {
        this.#insert(declared.nameNode.startIndex, "&");
        this.#insert(declarator.endIndex, `=*PoisonedNew<${typeName}>()`);
      }
    }
  }

  /** Rewrites the type and drops the brackets; returns the type's new name. */
  #array(type: Node, declarator: Node): string {
    const initialised = declarator.type === "init_declarator";
    const array = initialised ? declarator.childForFieldName("declarator") : declarator;
    const name = array?.childForFieldName("declarator");
    if (array?.type !== "array_declarator" || name == null) return cppType(type.text);
    const size = array.childForFieldName("size");
    const list = initialised ? declarator.childForFieldName("value") : null;
    const count =
      size?.text ??
      (list === null ? undefined : String(list.namedChildren.filter((one) => one.type !== "comment").length));
    const element = cppType(type.text);
    const text = count === undefined ? `Dyn<${element}>` : `Fix<${element},${count}>`;
    this.#replace(type, text);
    this.#edits.push({ start: name.endIndex, end: array.endIndex, text: "" });
    return text;
  }
}

/** The C++ of one file, without its imports. */
export function rewriteFile(file: SourceFile, symbols: Symbols): string {
  return new FileRewriter(file, symbols).rewrite();
}

/** A wrapper that calls an imported function with exactly the declared types. */
export function rewriteImport(own: OwnFunction): string {
  const plainTypes: string[] = [];
  const cppTypes: string[] = [];
  const parameters: string[] = [];
  const given: string[] = [];
  for (const parameter of own.parameters) {
    const type = cppType(parameter.type.name);
    const name = parameter.name;
    if (parameter.type.array) {
      plainTypes.push("ptr");
      cppTypes.push("void*");
      parameters.push(`${parameter.type.constant ? "CRef" : "Ref"}<${type}> ${name}`);
      given.push(`DllAddress(${name})`);
    } else if (parameter.reference) {
      plainTypes.push("ptr");
      cppTypes.push("void*");
      parameters.push(`${type} &${name}`);
      given.push(`&${name}`);
    } else if (type === "string") {
      plainTypes.push("text");
      cppTypes.push("const char16_t*");
      parameters.push(`const string &${name}`);
      given.push(`${name}.Units()`);
    } else {
      plainTypes.push(parameter.type.name);
      cppTypes.push(type);
      parameters.push(`${type} ${name}`);
      given.push(name);
    }
  }
  const returns = cppType(own.returns.name);
  const slot = `dll_${own.name}`;
  const signature = `${own.returns.name}(${plainTypes.join(",")})`;
  const template = [returns, ...cppTypes].join(",");
  return (
    `static DllFunction<${template}> ${slot}("${own.dll}","${own.name}","${signature}"); ` +
    `inline ${returns} ${own.name}(${parameters.join(",")}) { return ${slot}(${given.join(",")}); }`
  );
}

/** The event handlers that a program has. */
export function handlerNames(symbols: Symbols): readonly string[] {
  const events = ["OnInit", "OnDeinit", "OnStart", "OnTimer", "OnTick", "OnTradeTransaction"];
  return events.filter((event) =>
    symbols.functions.some((own) => own.name === event && own.owner === undefined),
  );
}
