import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { translate } from "../../build/mql5/translate.ts";

const good = join(dirname(fileURLToPath(import.meta.url)), "fixtures", "good");

async function cppOf(name: string): Promise<string> {
  const translation = await translate(join(good, name), good);
  if (!translation.ok) throw new Error("Cannot translate: the fixture is refused");
  return translation.cpp;
}

describe("translate", () => {
  it("keeps every line of the source where it was", async () => {
    const translation = await translate(join(good, "everyday.mqh"), good);
    if (!translation.ok) throw new Error("Cannot translate: the fixture is refused");
    const source = translation.program.files[0]?.text.split("\n") ?? [];
    const cpp = translation.cpp.split("\n");
    const first = cpp.findIndex((line) => line.startsWith("#line 1 ")) + 1;
    const sourceLine = source.findIndex((line) => line.includes("long Sum("));
    expect(cpp[first + sourceLine]).toContain("mlong Sum(");
  });

  it("turns arrays into checked ones and literals into MQL5's strings", async () => {
    const cpp = await cppOf("everyday.mqh");
    expect(cpp).toContain("mlong Sum(CRef<int> items)");
    expect(cpp).toContain("Fix<uchar,COUNT_MAX>");
    expect(cpp).toContain("const Fix<int,3> g_primes={2,3,5}");
    expect(cpp).toContain('u"colour "_s');
    expect(cpp).toContain("this->m_count++");
  });

  it("packs structures and fills globals with rubbish", async () => {
    const cpp = await cppOf("everyday.mqh");
    expect(cpp).toContain('_Pragma("pack(push,1)") struct SPoint');
    expect(cpp).toContain("CSquare &g_square=*PoisonedNew<CSquare>()");
  });

  it("makes inputs read-only and takes their value from outside", async () => {
    expect(await cppOf("everyday.mqh")).toContain('static const int InpScale=Input<int>(u"InpScale"_s,2);');
  });
});
