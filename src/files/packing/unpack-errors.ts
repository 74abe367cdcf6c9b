/** Thrown for packed data that are damaged. The caller names the file. */
export class DamagedDataError extends Error {}

/** Thrown when unpacked data are larger than the limit. */
export class UnpackedTooLargeError extends Error {}
