import { eachNode, type Lint } from "./lint.ts";

/** Structures are plain data here: MQL5 gives them neither virtual methods nor a class as base. */
export const structureRules: Lint = {
  rule: "L16",
  title: "Structures have no virtual methods and no class as base, and stand before their use",
  check(context) {
    for (const aggregate of context.symbols.aggregates.values()) {
      const { file, node } = aggregate;
      if (aggregate.kind !== "struct" || file === undefined || node === undefined) continue;
      for (const method of aggregate.methods) {
        if (method.virtual)
          context.report(file, method.node, `virtual method in structure ${aggregate.name}`);
        if (method.name.startsWith("~"))
          context.report(file, method.node, `destructor in structure ${aggregate.name}`);
      }
      const base = aggregate.base === undefined ? undefined : context.symbols.aggregates.get(aggregate.base);
      if (base?.kind === "class")
        context.report(file, node, `structure ${aggregate.name} inherits from a class`);
    }
    eachNode(context, ["struct_specifier", "class_specifier"], (node, file) => {
      if (node.childForFieldName("body") === null && node.parent?.type === "translation_unit")
        context.report(file, node, "forward declaration");
    });
  },
};
