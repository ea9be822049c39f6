import type { OwnFunction } from "../symbols.ts";
import { type Context, eachNode, type Lint } from "./lint.ts";

function shape(method: OwnFunction): string {
  return method.parameters
    .map((one) => `${one.type.name}${one.type.array ? "[]" : ""}${one.reference ? "&" : ""}`)
    .join();
}

function checkBases(context: Context, name: string): void {
  const aggregate = context.symbols.aggregates.get(name);
  let base = aggregate?.base;
  while (aggregate !== undefined && base !== undefined) {
    const above = context.symbols.aggregates.get(base);
    for (const method of aggregate.methods) {
      for (const hidden of above?.methods ?? []) {
        if (hidden.name !== method.name || hidden.name === above?.name) continue;
        const overrides =
          shape(hidden) === shape(method) && hidden.constant === method.constant && hidden.virtual;
        if (!overrides)
          context.report(method.file, method.node, `${name}::${method.name} hides ${base}::${method.name}`);
      }
    }
    base = above?.base;
  }
}

/** Templates, overloads told apart by `const` alone and hidden methods bind differently from build to build. */
export const overloads: Lint = {
  rule: "L15",
  title: "No templates, no overloads by const, no hidden methods",
  check(context) {
    eachNode(
      context,
      ["template_declaration", "template_type", "template_function", "template_method"],
      (node, file) => {
        context.report(file, node, "templates are not in the subset");
      },
    );
    for (const aggregate of context.symbols.aggregates.values()) {
      checkBases(context, aggregate.name);
      const seen = new Map<string, OwnFunction>();
      for (const method of aggregate.methods) {
        const key = `${method.name}(${shape(method)})`;
        if (seen.has(key))
          context.report(method.file, method.node, `${key} differs from its overload by const only`);
        seen.set(key, method);
      }
    }
  },
};
