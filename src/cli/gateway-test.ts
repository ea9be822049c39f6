export async function testGateway(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  return argv.length + Object.keys(environment).length;
}
