/**
 * Whether the slow tests run: with `SHAPELINE_SLOW=1`, as in `.ci/run`. `npm test` leaves them out, so that it takes
 * less than four minutes. `.ci/run` finds their files by the import of this one.
 */
export const slow = process.env["SHAPELINE_SLOW"] === "1";
