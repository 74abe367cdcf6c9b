const POOL_BYTES = 64 * 1024;
const MAX_BYTES = 1024;
let pool = new ArrayBuffer(POOL_BYTES);
let used = 0;

/**
 * Allocates elements of a small request in a shared buffer, because creating a buffer costs more than filling it. The
 * bytes are zero and are never reused.
 *
 * @param bytesPerElement a power of two
 * @returns null if the elements are large enough for their own buffer
 */
export function allocatePooled(
  length: number,
  bytesPerElement: number,
): { readonly buffer: ArrayBuffer; readonly offset: number } | null {
  const bytes = length * bytesPerElement;
  if (bytes > MAX_BYTES) return null;
  if (used + bytes > POOL_BYTES) {
    pool = new ArrayBuffer(POOL_BYTES);
    used = 0;
  }
  const offset = used;
  used = (used + bytes + 7) & ~7;
  return { buffer: pool, offset };
}
