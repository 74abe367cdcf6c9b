import { Field, FixedSizeList, Float32, List, Schema, Table, TimestampMillisecond, tableToIPC } from "apache-arrow";

/** A column of lists of one length; null: of any length. */
export const vectors = (name: string, length: number | null): Field => {
  const item = new Field("item", new Float32());
  return new Field(name, length === null ? new List(item) : new FixedSizeList(length, item));
};

export const times = (name: string): Field => new Field(name, new TimestampMillisecond());

/** A schema as the platform's SDK uploads it. */
export const schemaText = (...fields: readonly Field[]): string =>
  Buffer.from(tableToIPC(new Table(new Schema([...fields])), "stream")).toString("base64");

/** What pyarrow writes: `pa.schema([pa.field("score", pa.list_(pa.float32(), 1))]).serialize()`. */
export const pyarrowScore =
  "/////6gAAAAQAAAAAAAKAAwABgAFAAgACgAAAAABBAAMAAAACAAIAAAABAAIAAAABAAAAAEAAAAEAAAAzP///wAAARAUAAAAIAAAAAQAAAABAAAALAAAAAUAAABzY29yZQAGAAgABAAGAAAAAQAAABAAFAAIAAYABwAMAAAAEAAQAAAAAAABAxAAAAAcAAAABAAAAAAAAAAEAAAAaXRlbQAABgAIAAYABgAAAAAAAQA=";
