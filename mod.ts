/** The public face of the package; filled by the SDK slice. */
export {};
