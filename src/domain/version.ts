/** The version of this package; `build/check-manifests.ts` holds it equal to the manifests'. */
export const version = "0.1.0";
