export const fingerprintBits = 52;

/**
 * A number for a key, of 52 bits: among a million keys two share one with a probability of one in nine thousand. Two
 * lanes of FNV-1a with different primes; a cryptographic hash would take a tenth of a whole look-up on disk.
 */
export function fingerprint(key: string): number {
  let high = 0x811c9dc5;
  let low = 0x9dc5811c;
  for (let index = 0; index < key.length; index++) {
    const unit = key.charCodeAt(index);
    high = Math.imul(high ^ unit, 0x01000193);
    low = Math.imul(low ^ unit, 0x85ebca6b);
  }
  return ((high ^ (high >>> 15)) >>> 12) * 2 ** 32 + ((low ^ (low >>> 15)) >>> 0);
}
