import type { Field } from "apache-arrow/fb/field";
import { FixedSizeList } from "apache-arrow/fb/fixed-size-list";
import { FloatingPoint } from "apache-arrow/fb/floating-point";
import { Int } from "apache-arrow/fb/int";
import { MetadataVersion } from "apache-arrow/fb/metadata-version";
import { Type } from "apache-arrow/fb/type";
import { Union } from "apache-arrow/fb/union";
import { UnionMode } from "apache-arrow/fb/union-mode";
import * as arrow from "apache-arrow";
import { bounds, exceeded } from "../../util/bounds.js";
import { DamagedArrowError, type IpcContent, list } from "./ipc-messages.js";

/** A field of a schema: what its buffers are, and how they are read. */
export interface IpcField {
  readonly name: string;
  readonly type: Type;
  readonly children: readonly IpcField[];
  /** The type of its elements, if they can be a tensor's. */
  readonly elements: arrow.DataType | null;
  /** The entries of a list of fixed size. */
  readonly listSize: number;
  /**
   * The buffers of its values before those of the children; a view has more, whose number stands in the batch. Indices
   * into a dictionary have two.
   */
  readonly buffers: number;
  /** The dictionary that its indices refer to, and their type. */
  readonly dictionary: { readonly id: bigint; readonly index: arrow.DataType } | null;
  /** For messages: `Timestamp`. */
  readonly typeName: string;
}

/** A column that can be an input: a top-level field, or a member of a top-level struct. */
export interface IpcColumn {
  /** `x`, or `in.x` for the member `x` of the struct `in`. */
  readonly name: string;
  /** The index of the field, and that of the member. */
  readonly at: number;
  readonly member: number | null;
}

/** @throws DamagedArrowError for metadata that contradict themselves */
export function readSchema({ schema, schemaBytes, version }: Omit<IpcContent, "batches">): IpcField[] {
  let fields = 0;
  const read = (field: Field, depth: number): IpcField => {
    // Fields may refer to the same bytes, so that a small file describes very many.
    if (++fields > bounds.fileColumns.limit) throw new DamagedArrowError(exceeded(bounds.fileColumns));
    if (depth > bounds.fileDepth.limit) throw new DamagedArrowError(exceeded(bounds.fileDepth));
    const type = field.typeType();
    const children = list(field.childrenLength(), schemaBytes, (i) => field.children(i)).map((child) =>
      read(child, depth + 1),
    );
    const encoding = field.dictionary();
    const index = encoding?.indexType() ?? null;
    return {
      name: field.name() ?? "",
      type,
      children,
      elements: elementType(field, type),
      listSize: type === Type.FixedSizeList ? partOf(field, new FixedSizeList()).listSize() : 0,
      buffers: bufferCount(field, type, version),
      dictionary:
        encoding === null
          ? null
          : {
              id: encoding.id(),
              index: index === null ? new arrow.Int32() : intType(index.bitWidth(), index.isSigned()),
            },
      typeName: Type[type] ?? `type ${type}`,
    };
  };
  return list(schema.fieldsLength(), schemaBytes, (i) => schema.fields(i)).map((field) => read(field, 0));
}

/** The columns that a schema offers. */
export function columnsOf(fields: readonly IpcField[]): IpcColumn[] {
  return fields.flatMap((field, at): IpcColumn[] =>
    field.type === Type.Struct_ && field.dictionary === null
      ? field.children.map((child, member) => ({ name: `${field.name}.${child.name}`, at, member }))
      : [{ name: field.name, at, member: null }],
  );
}

/** The field of the values of each dictionary whose values can be a tensor's. */
export function dictionariesOf(fields: readonly IpcField[]): ReadonlyMap<bigint, IpcField> {
  const found = new Map<bigint, IpcField>();
  const visit = (field: IpcField): void => {
    if (field.dictionary !== null && field.elements !== null)
      found.set(field.dictionary.id, { ...field, dictionary: null });
    for (const child of field.children) visit(child);
  };
  for (const field of fields) visit(field);
  return found;
}

export function isList({ type }: IpcField): boolean {
  return [Type.List, Type.LargeList, Type.ListView, Type.LargeListView, Type.FixedSizeList].includes(type);
}

function partOf<T>(field: Field, part: T): T {
  const found = field.type(part) as T | null;
  if (found === null) throw new DamagedArrowError("a type of its schema is missing");
  return found;
}

function elementType(field: Field, type: Type): arrow.DataType | null {
  switch (type) {
    case Type.Bool:
      return new arrow.Bool();
    case Type.Utf8:
    case Type.LargeUtf8:
    case Type.Utf8View:
      return new arrow.Utf8();
    case Type.FloatingPoint:
      return (
        [new arrow.Float16(), new arrow.Float32(), new arrow.Float64()][
          partOf(field, new FloatingPoint()).precision()
        ] ?? null
      );
    case Type.Int: {
      const int = partOf(field, new Int());
      return intType(int.bitWidth(), int.isSigned());
    }
    default:
      return null;
  }
}

function intType(bitWidth: number, isSigned: boolean): arrow.DataType {
  const types: Readonly<Record<number, readonly [signed: arrow.DataType, unsigned: arrow.DataType]>> = {
    8: [new arrow.Int8(), new arrow.Uint8()],
    16: [new arrow.Int16(), new arrow.Uint16()],
    32: [new arrow.Int32(), new arrow.Uint32()],
    64: [new arrow.Int64(), new arrow.Uint64()],
  };
  const type = types[bitWidth]?.[isSigned ? 0 : 1];
  if (type === undefined) throw new DamagedArrowError(`its schema has integers of ${bitWidth} bits`);
  return type;
}

/** The number of buffers of each type: https://arrow.apache.org/docs/format/Columnar.html#buffer-listing-for-each-layout */
function bufferCount(field: Field, type: Type, version: MetadataVersion): number {
  switch (type) {
    case Type.NONE:
    case Type.Null:
    case Type.RunEndEncoded:
      return 0;
    case Type.Struct_:
    case Type.FixedSizeList:
      return 1;
    case Type.Utf8:
    case Type.LargeUtf8:
    case Type.Binary:
    case Type.LargeBinary:
    case Type.ListView:
    case Type.LargeListView:
      return 3;
    case Type.Union:
      // Since version 5 of the metadata, a union has no nulls of its own.
      return (partOf(field, new Union()).mode() === UnionMode.Dense ? 2 : 1) + (version === MetadataVersion.V4 ? 1 : 0);
    default:
      return 2;
  }
}
