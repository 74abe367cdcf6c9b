import stylistic from "@stylistic/eslint-plugin";
import tseslint from "typescript-eslint";

export default tseslint.config(
  {
    ignores: [
      "dist/",
      "node_modules/",
      "test/fixtures/",
      "test/oracles/",
      "test/bundlers/",
      "examples/**/models.gen.ts",
      "type-tests/",
      ".dependency-cruiser.cjs",
    ],
  },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ["*.js", "scripts/*.mjs", "bench/*.mjs"] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    plugins: { "@stylistic": stylistic },
    rules: {
      // Prettier wraps code but not comments.
      "@stylistic/max-len": [
        "error",
        {
          code: 120,
          ignoreStrings: true,
          ignoreTemplateLiterals: true,
          ignoreRegExpLiterals: true,
          ignoreUrls: true,
        },
      ],
      eqeqeq: "error",
      "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      // Methods of an interface are async whether or not this one waits.
      "@typescript-eslint/require-await": "off",
      // Interop is empty until a target says which Arrow classes it works with.
      "@typescript-eslint/no-empty-object-type": [
        "error",
        { allowWithName: "^Interop$", allowInterfaces: "with-single-extends" },
      ],
      // Every error Shapeline throws on purpose carries a code.
      "no-restricted-syntax": [
        "error",
        { selector: "NewExpression[callee.name='Error']", message: "Throw a subclass of ShapelineError with a code." },
        // The package bundles Zod; its `z` would bring all its languages along.
        {
          selector:
            "ImportDeclaration[source.value='zod'] > :matches(ImportDefaultSpecifier, ImportSpecifier[imported.name='z'])",
          message: 'Write import * as z from "zod".',
        },
      ],
    },
  },
  // The checks of a config run as one generated loop; what goes into it comes from the typed tree alone.
  { files: ["src/expression/evaluate/row-loop.ts"], rules: { "@typescript-eslint/no-implied-eval": "off" } },
  {
    // Arrow's classes carry `any` in their type parameters and print themselves.
    files: ["src/tensors/**"],
    rules: {
      "@typescript-eslint/no-base-to-string": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
    },
  },
  {
    // Tests write what users write, wrong things included, and read JSON without a schema.
    files: ["test/**", "scripts/**", "bench/**", "examples/**"],
    rules: {
      "no-restricted-syntax": "off",
      "@typescript-eslint/no-implied-eval": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/unbound-method": "off",
    },
  },
  { files: ["**/*.mjs", "**/*.js"], ...tseslint.configs.disableTypeChecked },
);
