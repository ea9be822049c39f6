import { nobleSecretBox } from "./noble-box.ts";
import type { SecretBox, TrafficBox } from "./types.ts";
import { createWasmSecretBox } from "./wasm/wasm-box.ts";

/** The fastest box that the runtime can have: vectors in WebAssembly, else noble. Needs no preparation. */
export const fastSecretBox: SecretBox = createFastSecretBox(createWasmSecretBox);

/** A box that takes the first maker's at its first use, or noble's when the runtime has none such. */
export function createFastSecretBox(make: () => SecretBox | undefined): SecretBox {
  let chosen: SecretBox | undefined;
  const choose = (): SecretBox => {
    chosen ??= make() ?? nobleSecretBox;
    return chosen;
  };
  return {
    get name(): string {
      return choose().name;
    },
    boxKey(sharedSecret: Uint8Array): Uint8Array {
      return choose().boxKey(sharedSecret);
    },
    seal(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array): Uint8Array {
      return choose().seal(key, nonce, plain);
    },
    open(key: Uint8Array, nonce: Uint8Array, boxed: Uint8Array): Uint8Array | undefined {
      return choose().open(key, nonce, boxed);
    },
    traffic(key: Uint8Array, noncePrefix: Uint8Array): TrafficBox {
      return choose().traffic(key, noncePrefix);
    },
  };
}
