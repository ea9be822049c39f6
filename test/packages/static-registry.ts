import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join, normalize, relative } from "node:path";

interface DenoManifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
}

/** Bare names become what the manifest maps them to, as publishing to JSR does it. */
function unfurl(source: string, imports: Readonly<Record<string, string>>): string {
  return source.replace(
    /(\bfrom\s+|\bimport\s+|\bimport\(\s*)"([^"./][^"]*)"/g,
    (whole, before, name: string) => {
      const parts = name.split("/");
      const bare = parts.slice(0, name.startsWith("@") ? 2 : 1).join("/");
      const target = imports[bare];
      return target === undefined ? whole : `${before}"${target}${name.slice(bare.length)}"`;
    },
  );
}

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Lays a published package out as JSR's registry serves it: metadata, and the files of one version. */
export function layOut(tree: string, folder: string): { readonly name: string; readonly version: string } {
  const { name, version, exports, imports } = JSON.parse(
    readFileSync(join(tree, "deno.json"), "utf8"),
  ) as DenoManifest;
  const home = join(folder, name);
  const manifest: Record<string, { readonly size: number; readonly checksum: string }> = {};
  for (const path of [
    join(tree, "mod.ts"),
    ...files(join(tree, "src")).filter((file) => file.endsWith(".ts")),
  ]) {
    const place = `/${relative(tree, path)}`;
    const content = unfurl(readFileSync(path, "utf8"), imports);
    const target = join(home, version, place);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
    const checksum = `sha256-${createHash("sha256").update(content).digest("hex")}`;
    manifest[place] = { size: Buffer.byteLength(content), checksum };
  }
  const [scope = "", base = ""] = name.slice(1).split("/");
  writeFileSync(
    join(home, "meta.json"),
    JSON.stringify({ scope, name: base, latest: version, versions: { [version]: {} } }),
  );
  writeFileSync(join(home, `${version}_meta.json`), JSON.stringify({ manifest, exports }));
  return { name, version };
}

/** A folder served over HTTP on loopback. */
export class StaticServer implements AsyncDisposable {
  readonly url: string;
  /** What was asked for. */
  readonly asked: readonly string[];
  readonly #server: Server;

  private constructor(server: Server, asked: readonly string[]) {
    this.#server = server;
    this.asked = asked;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  static async open(folder: string): Promise<StaticServer> {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      const path = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://host").pathname));
      asked.push(path);
      try {
        const content = readFileSync(join(folder, path));
        const type = path.endsWith(".json") ? "application/json" : "application/typescript";
        response.writeHead(200, { "content-type": type }).end(content);
      } catch {
        // a browser or a package manager gets the usual answer for what is not there
        response.writeHead(404).end();
      }
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    return new StaticServer(server, asked);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
