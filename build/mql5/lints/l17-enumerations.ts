import { eachNode, type Lint } from "./lint.ts";

/** Enumerations nested in classes changed their rules with a build, and nameless ones are documented both ways. */
export const enumerationRules: Lint = {
  rule: "L17",
  title: "Enumerations are global, named ENUM_, with members in upper case",
  check(context) {
    eachNode(context, ["enum_specifier"], (node, file) => {
      const name = node.childForFieldName("name");
      if (name === null) context.report(file, node, "enumeration without a name");
      else if (!/^ENUM_[A-Z0-9_]+$/.test(name.text))
        context.report(file, name, `"${name.text}" does not begin with ENUM_`);
      if (node.parent?.type !== "translation_unit")
        context.report(file, node, "enumeration inside a class or function");
      for (const member of node.descendantsOfType("enumerator")) {
        const label = member.childForFieldName("name")?.text ?? "";
        if (!/^[A-Z][A-Z0-9_]*$/.test(label))
          context.report(file, member, `member "${label}" is not in upper case`);
      }
    });
  },
};
