import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { urlProblem } from "../../src/util/files/url-problem.js";

describe("a path is accepted", () => {
  test.each([
    "logs",
    "./logs",
    "/var/log/shapeline",
    "",
    // Windows: a drive, with either slash, and a path relative to the drive's working folder.
    "C:\\logs",
    "C:/logs",
    "c:logs",
    "C://logs",
    "\\\\server\\share\\logs",
    "\\\\?\\C:\\logs",
    // A colon inside a name.
    "a:b",
    "runs:2026-11",
    "2026-11-28T10:00:00Z",
    "logs/s3://bucket",
    "./s3:/bucket",
    "//server/share",
    "~/logs",
    "s3",
    "s3:",
    "3d://models",
  ])("%j", (path) => expect(urlProblem(path)).toBeNull());

  test.each([undefined, null, 5, {}, []])("not judged here: %j", (value) => expect(urlProblem(value)).toBeNull());
});

describe("a URL is refused with the way out", () => {
  test.each([
    "s3://bucket/logs",
    "S3://bucket/logs",
    "s3:/bucket/logs",
    "s3:\\bucket\\logs",
    " s3://bucket/logs",
    "gs://bucket",
    "az://container",
    "abfss://container@account.dfs.core.windows.net/logs",
    "http://localhost:9000/logs",
    "https://example.com/logs",
    "hdfs://namenode/logs",
    "git+ssh://host/repository",
  ])("%j", (path) => {
    const scheme = path.trim().replace(/:.*/, ":");
    expect(urlProblem(path)).toBe(
      `is a URL; give the path of a local folder or file, and copy to or from '${scheme}' with its own tools; write './${scheme}…' for a folder of that name`,
    );
  });

  test.each([
    ["file:///var/log", process.platform === "win32" ? "" : ": '/var/log'"],
    ["file:/var/log", process.platform === "win32" ? "" : ": '/var/log'"],
    ["FILE:///var/log", process.platform === "win32" ? "" : ": '/var/log'"],
    ["file://host/share", process.platform === "win32" ? ": '\\\\host\\share'" : ""],
  ])("%j", (path, known) => {
    expect(urlProblem(path)).toBe(`is a URL; give a path${known}; in code, fileURLToPath(url) of node:url returns it`);
  });

  test("URL objects", () => {
    expect(urlProblem(pathToFileURL("/var/log"))).toContain("is a URL object; give a path: '");
    expect(urlProblem(new URL("s3://bucket/logs"))).toContain("copy to or from 's3:' with its own tools");
  });
});
