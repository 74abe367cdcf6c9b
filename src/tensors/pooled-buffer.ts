const SLAB_BYTES = 64 * 1024;
const MOST_BYTES = 1024;
let slab = new ArrayBuffer(SLAB_BYTES);
let used = 0;

/**
 * Room for the elements of a small request: a place in a shared buffer, for a buffer of its own costs more than filling it.
 * The bytes are zero and given out once.
 *
 * @param bytesPerElement a power of two
 * @returns null where the request is big enough for a buffer of its own
 */
export function allocatePooled(
  length: number,
  bytesPerElement: number,
): { readonly buffer: ArrayBuffer; readonly offset: number } | null {
  const bytes = length * bytesPerElement;
  if (bytes > MOST_BYTES) return null;
  if (used + bytes > SLAB_BYTES) {
    slab = new ArrayBuffer(SLAB_BYTES);
    used = 0;
  }
  const offset = used;
  used = (used + bytes + 7) & ~7;
  return { buffer: slab, offset };
}
