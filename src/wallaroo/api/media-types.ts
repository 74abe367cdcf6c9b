/** The forms of rows in requests and answers. */
export const mediaTypes = {
  /** A list of flat objects. */
  records: "application/json; format=pandas-records",
  /** An Arrow IPC file. */
  arrow: "application/vnd.apache.arrow.file",
  /** A dictionary or list in the platform's own form, since 2024. */
  wallaroo: "application/json; format=wallaroo",
  json: "application/json",
} as const;
