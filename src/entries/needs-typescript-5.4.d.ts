// What compilers before TypeScript 5.4 get as the types of every entry of the package. They have no `NoInfer`: with the
// real types they would accept wrong pipelines in silence. Each export is of a type whose name says what to do.

interface ShapelineNeedsTypeScript5_4OrLater {
  readonly installed: never;
}

export declare const build: ShapelineNeedsTypeScript5_4OrLater;
export declare const constant: ShapelineNeedsTypeScript5_4OrLater;
export declare const createServer: ShapelineNeedsTypeScript5_4OrLater;
export declare const defineModel: ShapelineNeedsTypeScript5_4OrLater;
export declare const fromDefinition: ShapelineNeedsTypeScript5_4OrLater;
export declare const generatedModel: ShapelineNeedsTypeScript5_4OrLater;
export declare const local: ShapelineNeedsTypeScript5_4OrLater;
export declare const openInference: ShapelineNeedsTypeScript5_4OrLater;
export declare const parseConfig: ShapelineNeedsTypeScript5_4OrLater;
export declare const pipeline: ShapelineNeedsTypeScript5_4OrLater;
export declare const server: ShapelineNeedsTypeScript5_4OrLater;
export declare const toDefinition: ShapelineNeedsTypeScript5_4OrLater;
