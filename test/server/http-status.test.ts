import { expect, it } from "vitest";
import { httpStatus, InputError, StorageError, TargetError } from "shapeline";

it("says with which HTTP status a service answers an error", () => {
  expect(httpStatus(new InputError("SL5003", "an input is missing"))).toBe(400);
  expect(httpStatus(new InputError("SL5022", "too large"))).toBe(413);
  expect(httpStatus(new TargetError("SL6004", "too long"))).toBe(504);
  expect(httpStatus(new StorageError("SL7009", "the disk is full"))).toBe(503);
  // The same class from another copy of the package.
  expect(httpStatus(Object.assign(new Error("an input is missing"), { code: "SL5003" }))).toBe(400);
  expect(httpStatus(Object.assign(new Error("no such file"), { code: "ENOENT" }))).toBe(500);
  expect(httpStatus(null)).toBe(500);
});
