import type { Node } from "web-tree-sitter";
import { builtins, constantPrefixes, keywords } from "../reserved.ts";
import type { SourceFile } from "../source.ts";
import { declaratorsOf, readDeclarator } from "../symbols.ts";
import { type Context, eachNode, type Lint } from "./lint.ts";

const lengthLimit = 63;

function check(context: Context, file: SourceFile, node: Node | number, name: string): void {
  if (name.length > lengthLimit)
    context.report(file, node, `"${name}" is longer than ${lengthLimit} characters`);
  if (keywords.has(name)) context.report(file, node, `"${name}" is a word of MQL5`);
  if (builtins.has(name)) context.report(file, node, `"${name}" is a function of the terminal`);
  if (constantPrefixes.some((prefix) => name.startsWith(prefix)) || name.startsWith("ENUM_ORDER"))
    context.report(file, node, `"${name}" looks like a constant of the terminal`);
}

/** Our names stay clear of the terminal's. */
export const names: Lint = {
  rule: "L10",
  title: "Names of at most 63 characters that neither MQL5 nor the terminal uses",
  check(context) {
    eachNode(
      context,
      ["declaration", "field_declaration", "parameter_declaration", "optional_parameter_declaration"],
      (node, file) => {
        for (const declarator of declaratorsOf(node)) {
          const declared = readDeclarator(declarator);
          if (declared !== undefined) check(context, file, declared.nameNode, declared.name);
        }
      },
    );
    eachNode(
      context,
      ["class_specifier", "struct_specifier", "enum_specifier", "enumerator", "preproc_def"],
      (node, file) => {
        const name = node.childForFieldName("name");
        if (name !== null) check(context, file, name, name.text);
      },
    );
    for (const own of context.symbols.functions) {
      if (own.dll !== undefined) {
        const at = own.file.imports.find((block) => block.dll === own.dll)?.start ?? 0;
        if (builtins.has(own.name) || keywords.has(own.name))
          context.report(own.file, at, `import "${own.name}" is a name of the terminal`);
      } else if (own.owner === undefined && !/^On[A-Z]/.test(own.name)) {
        check(context, own.file, own.node, own.name);
      }
    }
    for (const aggregate of context.symbols.aggregates.values()) {
      for (const method of aggregate.methods) {
        if (keywords.has(method.name))
          context.report(method.file, method.node, `"${method.name}" is a word of MQL5`);
        if (builtins.has(method.name))
          context.report(
            method.file,
            method.node,
            `method "${method.name}" hides a function of the terminal`,
          );
      }
    }
  },
};
