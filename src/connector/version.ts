/** What the connector calls itself in `hello`. */
export const productName: string = "@trading-org/mt5-connector";

/** The package's version; a test holds it to `package.json`. */
export const productVersion: string = "0.1.0";
