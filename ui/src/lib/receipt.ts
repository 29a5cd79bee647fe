/**
 * What a receipt says, for reading alone. Deliberately absent: verification. Whether it holds is told by the
 * broker, which has the keys.
 */

/** The claims of a compact JWS as name and value; null where it is none. */
export function claims(receipt: string): [string, string][] | null {
  const body = receipt.split('.')[1];
  if (body === undefined) return null;
  try {
    const bytes = Uint8Array.from(atob(body.replaceAll('-', '+').replaceAll('_', '/')), (c) =>
      c.charCodeAt(0),
    );
    const said: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof said !== 'object' || said === null || Array.isArray(said)) return null;
    return Object.entries(said).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]);
  } catch {
    return null;
  }
}
