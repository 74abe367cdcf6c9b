/**
 * Whether the slow tests run: with `SHAPELINE_SLOW=1`, as in `.ci/run`. `npm test` leaves them out, so that it takes
 * less than four minutes. Each has the tag `slow`, and so has each test that does more then: `.ci/run` runs only those
 * after `npm test`.
 */
export const slow = process.env["SHAPELINE_SLOW"] === "1";
