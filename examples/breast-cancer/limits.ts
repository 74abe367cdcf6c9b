/** The likelier class must have more than this probability. */
export const DECIDED = 0.7;
