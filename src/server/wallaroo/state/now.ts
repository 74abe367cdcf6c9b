/** The time as the platform writes it. */
export const now = (): string => new Date().toISOString();
